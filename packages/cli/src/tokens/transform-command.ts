// What `tokenize`, `detokenize` and `retokenize` share: their options, and which of lines, CSV, NDJSON and folders is
// read. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { createTokenizer, type Tokenizer, type TokenizerConfig, type TokenRequest } from "@fieldseal/tokenizer";
import type { StreamOperation } from "@fieldseal/tokenizer/stream";
import type { Command } from "commander";
import { usageError } from "../errors/usage-error.ts";
import { collectPairs, type Pairs } from "../option-pairs.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigFile, type ConfigOptions, readConfigFile } from "./config-file.ts";
import { openKeys } from "./open-keys.ts";
import { splitColumns } from "./split-columns.ts";
import { type Columns, transformColumns } from "./transform-columns.ts";
import { transformFolder } from "./transform-folder.ts";
import { transformLines, type Who } from "./transform-lines.ts";

interface TransformOptions extends ConfigOptions {
  readonly format?: string;
  readonly tenant?: string;
  readonly field?: string;
  readonly version?: string;
  readonly subject?: string;
  readonly csv?: boolean;
  readonly ndjson?: boolean;
  readonly folder?: string;
  readonly out?: string;
  readonly columns?: string;
  readonly tenantColumn?: string;
  readonly versionColumn?: string;
  readonly skipInvalid?: boolean;
  readonly principal?: string;
  readonly purpose?: string;
  readonly claim?: Pairs;
}

const versionText: Readonly<Record<StreamOperation, string>> = {
  tokenize: "key version; default: the current one",
  detokenize: "key version of the tokens; default: the current one",
  retokenize: "key version of the tokens, where --version-column names none",
};

/** Adds the options of the commands, and the action. */
export function addTransform(command: Command, operation: StreamOperation, terminal: Terminal): void {
  addConfigOptions(command)
    .option("--format <name>", "format of the values")
    .option("--tenant <name>", "whose tokens they are")
    .option("--field <name>", "purpose of the tokens; default: the format's name")
    .option("--version <name>", versionText[operation])
    .option("--subject <name>", "whose values they are, for shifted dates and for erasure")
    .option("--csv", "read CSV with a header")
    .option("--ndjson", "read one JSON object a line")
    .option("--folder <folder>", "read the files of a folder and those below, instead of stdin")
    .option("--out <folder>", "write there what --folder reads; a file that is done already is not done again")
    .option("--columns <names>", "columns, or members or selectors of NDJSON: a,b or a=FORMAT,$.c[*].d=FORMAT")
    .option("--tenant-column <name>", "column that names each record's tenant")
    .option("--version-column <name>", "column of the key version: added by tokenize, read by the others")
    .option("--skip-invalid", "leave out records with a bad value, each with a warning")
    .option("--principal <name>", "who asks, for the access rules")
    .option("--purpose <name>", "what for, for the access rules")
    .option("--claim <name=value>", "claim of the principal; may be repeated", collectPairs("--claim"))
    .action((options: TransformOptions) => run(operation, options, terminal));
}

async function run(operation: StreamOperation, options: TransformOptions, terminal: Terminal): Promise<void> {
  const columns = columnsOf(operation, options);
  const file = await readConfigFile(options.config);
  const formats = formatsOf(
    columns === null ? [options.format!] : Object.values(columns).map(({ format }) => format),
    file,
  );
  if (operation === "detokenize") warnOfGuess(options, formats, file, terminal);
  const who = whoOf(options, file.config.access !== null);
  const { keys, close } = await openKeys({ keySet: file.config, file, options });
  let closeVault = async (): Promise<void> => {};
  let tokenizer: Tokenizer | null = null;
  try {
    const { isolation, access, vault: section } = file.config;
    const opened = needVault(formats) ? await (await import("./open-vault.ts")).openVault(file, options) : null;
    if (opened !== null) closeVault = opened.close;
    tokenizer = createTokenizer({
      formats,
      keys,
      isolation,
      ...(access === null ? {} : { access }),
      ...(opened === null ? {} : { vault: opened.vault, vaultTokens: section!.tokens }),
    });
    if (columns === null) {
      const request = requestOf(options, options.format!);
      // `columnsOf` has refused a retokenize of lines.
      const of = operation === "detokenize" ? "detokenize" : "tokenize";
      return await transformLines({ tokenizer, operation: of, who, request }, terminal);
    }
    const { tenantColumn, versionColumn, folder, out, csv, ndjson, skipInvalid = false } = options;
    const job = {
      tokenizer,
      operation,
      who,
      columns,
      skipInvalid,
      ...(tenantColumn === undefined ? {} : { tenantColumn }),
      ...(versionColumn === undefined ? {} : { versionColumn }),
    };
    const format = csv === true ? "csv" : "ndjson";
    if (folder === undefined) return await transformColumns({ ...job, format }, terminal);
    const isTold = csv === true || ndjson === true;
    // Under another key the same file is another piece of work.
    const revision = isolation === "tweak" ? file.config.current : `${file.config.current} ${isolation}`;
    await transformFolder({ ...job, folder, out: out!, revision, ...(isTold ? { format } : {}) }, terminal);
  } finally {
    tokenizer?.close();
    await closeVault();
    close();
  }
}

/** What each column is tokenized for, or null where values stand one a line. */
function columnsOf(operation: StreamOperation, options: TransformOptions): Columns | null {
  const { csv, ndjson, folder, out, columns, format, tenantColumn, versionColumn, skipInvalid, tenant, version } =
    options;
  if (csv === true && ndjson === true) throw usageError("--csv and --ndjson exclude each other");
  if ((folder === undefined) !== (out === undefined)) throw usageError("--folder and --out need each other");
  if (csv !== true && ndjson !== true && folder === undefined) {
    const ofRecords = [columns, tenantColumn, versionColumn, skipInvalid].some((value) => value !== undefined);
    if (ofRecords || operation === "retokenize") {
      throw usageError("--columns and the options of records need --csv, --ndjson or --folder");
    }
    if (format === undefined) throw usageError("give --format NAME");
    return null;
  }
  if (columns === undefined) throw usageError("--csv, --ndjson and --folder need --columns");
  if (operation === "retokenize" && version === undefined && versionColumn === undefined) {
    throw usageError("retokenize needs the version of the tokens: --version-column, or --version");
  }
  if (tenant !== undefined && tenantColumn !== undefined)
    throw usageError("--tenant and --tenant-column exclude each other");
  if (version !== undefined && versionColumn !== undefined) {
    throw usageError("--version and --version-column exclude each other");
  }
  const named = splitColumns(columns, csv !== true).map(({ name, format: own = format }) => {
    if (name === "" || own === undefined || own === "") {
      throw usageError("--columns expects names, with --format NAME or a format each: a=NAME,b=NAME");
    }
    return [name, requestOf(options, own)] as const;
  });
  const requests = Object.fromEntries(named);
  if (Object.keys(requests).length < named.length) throw usageError("--columns names a column twice");
  return requests;
}

/**
 * Of the configuration's formats those that are asked for: others must not need a vault here. `describe` tells of all,
 * as it enters the names of a folder's results.
 *
 * @throws {FieldsealError} `FORMAT_UNKNOWN`, before anything is read or written.
 */
function formatsOf(asked: readonly string[], { config: { formats } }: ConfigFile): TokenizerConfig["formats"] {
  const byName = new Map(
    asked.map((name) => {
      const format = formats.byName.get(name);
      if (format !== undefined) return [name, format];
      throw new FieldsealError("FORMAT_UNKNOWN", "the configuration declares no format of that name", {
        hint: `it declares ${[...formats.byName.keys()].join(", ")}`,
      });
    }),
  );
  return { byName, describe: formats.describe };
}

function needVault({ byName }: TokenizerConfig["formats"]): boolean {
  return [...byName.values()].some(({ engine, onShort }) => engine === "vault" || onShort === "vault");
}

/** Under a wrong version FF1 gives wrong values without a word. */
function warnOfGuess(
  { version, versionColumn }: TransformOptions,
  { byName }: TokenizerConfig["formats"],
  { config: { current, keys } }: ConfigFile,
  terminal: Terminal,
): void {
  const isTold = version !== undefined || versionColumn !== undefined;
  if (isTold || keys.every((key) => key.version === current)) return;
  if ([...byName.values()].every(({ engine }) => engine === "vault")) return;
  const hint = "name it with --version or --version-column: tokens of another one give wrong values";
  terminal.warn(`the tokens are taken for those of the current key version, ${current}`, hint);
}

function requestOf({ tenant, field, version, subject }: TransformOptions, format: string): TokenRequest {
  return {
    format,
    ...(tenant === undefined ? {} : { tenant }),
    ...(field === undefined ? {} : { field }),
    ...(version === undefined ? {} : { version }),
    ...(subject === undefined ? {} : { subject }),
  };
}

function whoOf({ principal, purpose, claim: claims }: TransformOptions, hasRules: boolean): Who {
  const given = [principal, purpose, claims].some((value) => value !== undefined);
  if (given && !hasRules) {
    throw usageError("--principal, --purpose and --claim need access rules", 'the configuration has no "access"');
  }
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(claims === undefined ? {} : { claims }),
  };
}
