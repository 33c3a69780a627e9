// What the options of `tokenize`, `detokenize` and `retokenize` ask for, as far as they go together. Pure.
import type { TokenRequest } from "@fieldseal/tokenizer";
import type { StreamOperation } from "@fieldseal/tokenizer/stream";
import { usageError } from "../errors/usage-error.ts";
import type { Pairs } from "../option-pairs.ts";
import type { ConfigOptions } from "./config-file.ts";
import { splitColumns } from "./split-columns.ts";
import type { Columns } from "./transform-columns.ts";
import type { Who } from "./transform-lines.ts";

export interface TransformOptions extends ConfigOptions {
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

/** What each column is tokenized for, or null where values stand one a line. */
export function columnsOf(operation: StreamOperation, options: TransformOptions): Columns | null {
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

export function requestOf({ tenant, field, version, subject }: TransformOptions, format: string): TokenRequest {
  return {
    format,
    ...(tenant === undefined ? {} : { tenant }),
    ...(field === undefined ? {} : { field }),
    ...(version === undefined ? {} : { version }),
    ...(subject === undefined ? {} : { subject }),
  };
}

export function whoOf({ principal, purpose, claim: claims }: TransformOptions, hasRules: boolean): Who {
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
