// Where a configuration says that secrets are: in files, wrapped by KMS, in Secrets Manager. Pure: it opens nothing.
import { Buffer } from "node:buffer";
import {
  type Place,
  type Properties,
  readArray,
  readEntries,
  readObject,
  readString,
  wrong,
} from "@fieldseal/core/config";
import type { Formats } from "../formats/parse.ts";

/** What a key is for: default, all tenants and formats that have none of their own. */
export interface KeyOwner {
  readonly tenant?: string;
  readonly format?: string;
}

/** A secret in a file. */
export interface FileKeyReference {
  readonly version: string;
  readonly file: string;
}

/** A secret that KMS wrapped. */
export interface WrappedKeyReference extends KeyOwner {
  readonly version: string;
  /** ARN or id of the KMS key. */
  readonly kms: string;
  /** CiphertextBlob of GenerateDataKey. */
  readonly wrapped: Uint8Array;
}

/** One version of a secret in AWS Secrets Manager. */
export interface SecretKeyReference extends KeyOwner {
  readonly version: string;
  /** Name or ARN. */
  readonly secret: string;
  /** VersionId: a version stage, such as AWSCURRENT, moves. */
  readonly versionId: string;
}

/** Where the secret of a version is. */
export type KeyReference = FileKeyReference | WrappedKeyReference | SecretKeyReference;

export interface KeySet {
  readonly current: string;
  readonly keys: readonly KeyReference[];
}

interface Syntax {
  readonly pattern: RegExp;
  readonly says: string;
}

/** A key version. */
export const versionSyntax: Syntax = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  says: "1 to 64 of A-Z, a-z, 0-9, dot, _ and -",
};
const base64Syntax: Syntax = {
  pattern: /^(?:[A-Za-z0-9+/]{4}){1,2000}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  says: "base64 with padding",
};
/** An alias can move to another key. */
export const kmsSyntax: Syntax = {
  pattern: /^(?:arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/)?(?:mrk-)?[0-9a-f-]{32,36}$/,
  says: "the ARN or id of a KMS key, not an alias",
};
const secretSyntax: Syntax = { pattern: /^[A-Za-z0-9/_+=.@:-]{1,2048}$/, says: "the name or ARN of a secret" };
/** A version stage, such as AWSCURRENT, moves. */
export const versionIdSyntax: Syntax = { pattern: /^[A-Za-z0-9-]{32,64}$/, says: "a VersionId of 32 to 64 characters" };

/** The keys of tokens; a key may belong to a tenant or to one of `formats`. */
export function readTokenKeys(place: Place, formats: Formats): KeySet {
  return readKeys(place, (one) => ({ ...readSource(one, ["tenant", "format"]), ...readOwner(one, formats) }));
}

/** Keys of all tenants and formats. */
export function readCommonKeys(place: Place): KeySet {
  return readKeys(place, (one) => readSource(one, []));
}

function readKeys(place: Place, read: (place: Place) => KeyReference): KeySet {
  const section = readObject(place, ["current", "versions"]);
  const current = readString(section.required("current"), versionSyntax);
  const keys = readArray(section.required("versions"), 1000).map(read);
  if (!keys.some(({ version }) => version === current)) {
    throw wrong(section.required("current"), 'is not among "versions"');
  }
  return { current, keys };
}

/** A key without its owner; one in a file never has one. */
function readSource(place: Place, owner: readonly string[]): KeyReference {
  const names = readEntries(place).map(([name]) => name);
  if (names.includes("file")) {
    const key = readObject(place, ["version", "file"]);
    return { ...readVersion(key), file: readString(key.required("file")) };
  }
  if (names.includes("secret")) {
    const key = readObject(place, ["version", "secret", "versionId", ...owner]);
    const secret = readString(key.required("secret"), secretSyntax);
    return { ...readVersion(key), secret, versionId: readString(key.required("versionId"), versionIdSyntax) };
  }
  const key = readObject(place, ["version", "kms", "wrapped", ...owner]);
  const kms = readString(key.required("kms"), kmsSyntax);
  return { ...readVersion(key), kms, wrapped: bytesOf(readString(key.required("wrapped"), base64Syntax)) };
}

function readVersion(key: Properties): { version: string } {
  return { version: readString(key.required("version"), versionSyntax) };
}

function readOwner(place: Place, formats: Formats): KeyOwner {
  const all = new Map(readEntries(place));
  const [tenant, format] = [all.get("tenant"), all.get("format")];
  if (format !== undefined && !formats.byName.has(readString(format))) throw wrong(format, "no format has that name");
  return {
    ...(tenant === undefined ? {} : { tenant: readString(tenant) }),
    ...(format === undefined ? {} : { format: readString(format) }),
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}
