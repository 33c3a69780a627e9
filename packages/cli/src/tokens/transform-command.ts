// What `tokenize`, `detokenize` and `retokenize` share: their options, and which of lines, CSV, NDJSON and folders is
// read. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenizerConfig } from "@fieldseal/tokenizer";
import type { StreamOperation } from "@fieldseal/tokenizer/stream";
import type { Command } from "commander";
import { collectPairs } from "../option-pairs.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigFile, readConfigFile } from "./config-file.ts";
import { openTokenizer } from "./open-tokenizer.ts";
import { transformColumns } from "./transform-columns.ts";
import { transformFolder } from "./transform-folder.ts";
import { transformLines } from "./transform-lines.ts";
import { columnsOf, requestOf, type TransformOptions, whoOf } from "./transform-options.ts";

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
  const { tokenizer, close } = await openTokenizer(file, formats, options);
  try {
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
    await transformFolder(
      { ...job, folder, out: out!, revision: revisionOf(file), ...(isTold ? { format } : {}) },
      terminal,
    );
  } finally {
    await close();
  }
}

/** Under another key the same file is another piece of work. */
function revisionOf({ config: { isolation, current } }: ConfigFile): string {
  return isolation === "tweak" ? current : `${current} ${isolation}`;
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
