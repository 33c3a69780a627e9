// Digests under a key. Pure.
import { createHmac, createSecretKey } from "node:crypto";
import { concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";

/** HMAC-SHA256(key, lp(part) lp(part) ...). */
export function keyedDigest(key: Uint8Array, parts: readonly (string | Uint8Array)[]): Buffer {
  const bytes = parts.map((part) => (typeof part === "string" ? utf8Bytes(part) : part));
  // Raw bytes as a key take Node 24 four times as long: it throws and catches before it looks at them.
  return createHmac("sha256", createSecretKey(key)).update(concatLengthPrefixed(bytes)).digest();
}
