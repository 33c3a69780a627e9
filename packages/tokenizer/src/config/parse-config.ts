// The tokenizer's configuration document: formats, keys by reference, isolation, access, vault. Pure: it opens nothing.
import { Buffer } from "node:buffer";
import { type AccessDocument, parseAccess } from "@fieldseal/core/access";
import {
  type Place,
  type Properties,
  readArray,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenizerAccess } from "../access/gate.ts";
import { type Formats, readFormats } from "../formats/parse.ts";

/** Where the secret of a version is: in a file, or wrapped by KMS in the document itself. */
export type KeyReference =
  | { readonly version: string; readonly file: string }
  | {
      readonly version: string;
      /** ARN or id of the KMS key. */
      readonly kms: string;
      /** CiphertextBlob of GenerateDataKey. */
      readonly wrapped: Uint8Array;
      readonly tenant?: string;
      readonly format?: string;
    };

/** Where a vault's rows and root keys are. */
export interface VaultConfig {
  /** The SQLite file. */
  readonly sqlite: string;
  readonly current: string;
  /** Root keys, of no tenant and no format. The one that the vault was begun with must stay among them. */
  readonly keys: readonly KeyReference[];
  /** Whether equal values have equal tokens. */
  readonly tokens: "deterministic" | "random";
}

/** A parsed configuration. */
export interface TokenizerConfig {
  readonly formats: Formats;
  readonly current: string;
  readonly keys: readonly KeyReference[];
  readonly isolation: "tweak" | "tenant";
  readonly access: TokenizerAccess | null;
  readonly vault: VaultConfig | null;
}

const versionSyntax = { pattern: /^[A-Za-z0-9._-]{1,64}$/, says: "1 to 64 of A-Z, a-z, 0-9, dot, _ and -" };
const base64Syntax = {
  pattern: /^(?:[A-Za-z0-9+/]{4}){1,2000}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  says: "base64 with padding",
};
const kmsSyntax = {
  pattern: /^(?:arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/)?(?:mrk-)?[0-9a-f-]{32,36}$/,
  says: "the ARN or id of a KMS key, not an alias",
};

/**
 * Parses a tokenizer configuration from its JSON value; `schemas/tokenizer.schema.json` describes it.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` or `ACCESS_INVALID` with the JSON Pointer of what is wrong.
 *
 * @example
 * ```ts
 * import { parseTokenizerConfig } from "@fieldseal/tokenizer";
 * const { formats, keys } = parseTokenizerConfig({
 *   version: 1,
 *   formats: { card: { type: "pan", keepLast: 4 } },
 *   keys: { current: "1", versions: [{ version: "1", file: "tokens.key" }] },
 * });
 * ```
 */
export function parseTokenizerConfig(value: unknown): TokenizerConfig {
  const root = { value, pointer: "", code: "CONFIG_INVALID" } as const;
  const document = readObject(root, ["$schema", "version", "formats", "keys", "isolation", "access", "vault"]);
  readInteger(document.required("version"), 1, 1);
  const formats = readFormats(document.required("formats"));
  const isolation = document.optional("isolation");
  const access = document.optional("access");
  const vault = document.optional("vault");
  return {
    formats,
    ...readKeys(document.required("keys"), (place) => readKey(place, formats)),
    isolation: isolation === undefined ? "tweak" : readOneOf(isolation, ["tweak", "tenant"]),
    access: access === undefined ? null : readAccess(access),
    vault: vault === undefined ? null : readVault(vault),
  };
}

function readVault(place: Place): VaultConfig {
  const section = readObject(place, ["sqlite", "keys", "tokens"]);
  const tokens = section.optional("tokens");
  return {
    sqlite: readString(section.required("sqlite")),
    ...readKeys(section.required("keys"), readCommonKey),
    tokens: tokens === undefined ? "deterministic" : readOneOf(tokens, ["deterministic", "random"]),
  };
}

function readKeys(place: Place, read: (place: Place) => KeyReference): { current: string; keys: KeyReference[] } {
  const section = readObject(place, ["current", "versions"]);
  const current = readString(section.required("current"), versionSyntax);
  const versions = section.required("versions");
  const keys = readArray(versions, 1000).map(read);
  if (!keys.some(({ version }) => version === current)) {
    throw wrong(section.required("current"), 'is not among "versions"');
  }
  return { current, keys };
}

function readKey(place: Place, formats: Formats): KeyReference {
  if (isInFile(place)) return readCommonKey(place);
  const key = readObject(place, ["version", "kms", "wrapped", "tenant", "format"]);
  const tenant = key.optional("tenant");
  const format = key.optional("format");
  if (format !== undefined && !formats.byName.has(readString(format))) throw wrong(format, "no format has that name");
  return {
    ...readWrapped(key),
    ...(tenant === undefined ? {} : { tenant: readString(tenant) }),
    ...(format === undefined ? {} : { format: readString(format) }),
  };
}

/** A key of all tenants and formats. */
function readCommonKey(place: Place): KeyReference {
  if (!isInFile(place)) return readWrapped(readObject(place, ["version", "kms", "wrapped"]));
  const key = readObject(place, ["version", "file"]);
  return { version: readString(key.required("version"), versionSyntax), file: readString(key.required("file")) };
}

function isInFile(place: Place): boolean {
  return readEntries(place).some(([name]) => name === "file");
}

function readWrapped(key: Properties): { version: string; kms: string; wrapped: Uint8Array } {
  return {
    version: readString(key.required("version"), versionSyntax),
    kms: readString(key.required("kms"), kmsSyntax),
    wrapped: bytesOf(readString(key.required("wrapped"), base64Syntax)),
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function readAccess(place: Place): TokenizerAccess {
  const both = readEntries(place).some(([name]) => name === "rules");
  if (both) return checkedAccess(place);
  const access = readObject(place, ["tokenize", "detokenize"]);
  return {
    tokenize: checkedAccess(access.required("tokenize")),
    detokenize: checkedAccess(access.required("detokenize")),
  };
}

function checkedAccess(place: Place): AccessDocument {
  try {
    parseAccess(place.value);
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    // The rules' own parser starts its pointers at the rules.
    throw new FieldsealError(error.code, `${place.pointer}: ${error.message}`, {
      pointer: place.pointer + (error.pointer ?? ""),
    });
  }
  return place.value as AccessDocument;
}
