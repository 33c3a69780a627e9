// The tokenizer's configuration document: formats, keys by reference, isolation, access, vault. Pure: it opens nothing.
import { checkAccess } from "@fieldseal/core/access";
import { type Place, readEntries, readInteger, readObject, readOneOf, readString } from "@fieldseal/core/config";
import type { TokenizerAccess } from "../access/gate.ts";
import { type Formats, readFormats } from "../formats/parse.ts";
import { readEndpoint } from "./endpoint.ts";
import { type KeySet, readTokenKeys } from "./key-references.ts";
import { readVault, type VaultConfig } from "./vault-config.ts";

/** Where an AWS service is; what is absent, the AWS SDK finds. */
export interface AwsPlace {
  readonly region?: string;
  /** `http:` on the loopback interface only. */
  readonly endpoint?: string;
}

/** A parsed configuration. */
export interface TokenizerConfig extends KeySet {
  readonly formats: Formats;
  /** For keys in AWS Secrets Manager. */
  readonly secretsManager: AwsPlace;
  readonly isolation: "tweak" | "tenant";
  readonly access: TokenizerAccess | null;
  readonly vault: VaultConfig | null;
}

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
  return readTokenizerConfig({ value, pointer: "", code: "CONFIG_INVALID" });
}

/** The same, at a place of another document. @throws {FieldsealError} as `parseTokenizerConfig`. */
export function readTokenizerConfig(place: Place): TokenizerConfig {
  const names = ["$schema", "version", "formats", "keys", "isolation", "access", "vault", "secretsManager"];
  const document = readObject(place, names);
  readInteger(document.required("version"), 1, 1);
  const formats = readFormats(document.required("formats"));
  const isolation = document.optional("isolation");
  const access = document.optional("access");
  const vault = document.optional("vault");
  return {
    formats,
    ...readTokenKeys(document.required("keys"), formats),
    isolation: isolation === undefined ? "tweak" : readOneOf(isolation, ["tweak", "tenant"]),
    access: access === undefined ? null : readAccess(access),
    vault: vault === undefined ? null : readVault(vault),
    secretsManager: readAws(document.optional("secretsManager")),
  };
}

function readAws(place: Place | undefined): AwsPlace {
  if (place === undefined) return {};
  const { optional } = readObject(place, ["region", "endpoint"]);
  const [region, endpoint] = [optional("region"), optional("endpoint")];
  return {
    ...(region === undefined ? {} : { region: readString(region) }),
    ...(endpoint === undefined ? {} : { endpoint: readEndpoint(endpoint) }),
  };
}

function readAccess(place: Place): TokenizerAccess {
  const both = readEntries(place).some(([name]) => name === "rules");
  if (both) return checkAccess(place);
  const access = readObject(place, ["tokenize", "detokenize"]);
  return {
    tokenize: checkAccess(access.required("tokenize")),
    detokenize: checkAccess(access.required("detokenize")),
  };
}
