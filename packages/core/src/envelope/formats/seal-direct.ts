// Writing values in the direct format: PREFIX base64(RSAES-OAEP(value)) SUFFIX (docs/wire-format.md, direct). Pure.
import { concat, encodeBase64url, utf8Bytes } from "../../bytes/index.ts";
import type { WrappingKey } from "../keys.ts";
import type { SealPrimitives } from "../primitives.ts";

const oaepOverhead = 66;

/** Most bytes that a value may have under a modulus of `modulusLength` bytes: 190, 318 or 446 (RFC 8017 section 7.1.1). */
export function maxDirectLength(modulusLength: number): number {
  return modulusLength - oaepOverhead;
}

/** A value, well-formed UTF-8 and at most `maxDirectLength` bytes, as ASCII. */
export function sealDirect(
  value: Uint8Array,
  { prefix, suffix, key }: { readonly prefix: string; readonly suffix: string; readonly key: WrappingKey },
  primitives: SealPrimitives,
): Uint8Array {
  const sealed = primitives.sealRsaOaep256(key, value);
  const base64 = encodeBase64url(sealed).replaceAll("-", "+").replaceAll("_", "/");
  const padding = "=".repeat((4 - (base64.length % 4)) % 4);
  return concat([utf8Bytes(prefix), utf8Bytes(base64 + padding), utf8Bytes(suffix)]);
}
