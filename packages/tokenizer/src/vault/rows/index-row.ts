// H rows: from the keyed digest of a value to its token. Authentic only through the T row that they name. Pure.
import { concat, utf8Bytes } from "@fieldseal/core/bytes";
import { isTokenText } from "../token-options.ts";
import { corrupt, readText } from "./row-bytes.ts";

const rowVersion = 1;

export function encodeIndexRow(token: string): Uint8Array {
  return concat([Uint8Array.of(rowVersion), utf8Bytes(token)]);
}

/** The token that an H row names; throws VAULT_CORRUPT where it can name none. */
export function parseIndexRow(row: Uint8Array): string {
  const token = readText(row.subarray(1));
  if (row[0] !== rowVersion || !isTokenText(token)) throw corrupt();
  return token;
}
