// Sealing of values, metadata and subject keys: AES-256-GCM with a key for each row (docs/vault.md, Sealing). Pure but for its iv.
import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import { concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { keyedDigest } from "../../keyed-digest.ts";
import { corrupt } from "./row-bytes.ts";

/** Bytes of an iv; every sealing needs a random one. */
export const ivLength = 12;
const tagLength = 16;

/** What a sealed text is bound to: the purpose, and the row's own parts. */
export interface SealBinding {
  readonly purpose: "value" | "metadata" | "subject-key" | "export";
  readonly parts: readonly (string | Uint8Array)[];
}

/** AAD = lp("fieldseal vault 1") lp(purpose) lp(part) ...: no two rows or purposes share one. */
export function sealAad({ purpose, parts }: SealBinding): Uint8Array {
  const all = ["fieldseal vault 1", purpose, ...parts];
  return concatLengthPrefixed(all.map((part) => (typeof part === "string" ? utf8Bytes(part) : part)));
}

/** iv || ciphertext || tag. */
export function seal(
  key: Uint8Array,
  plaintext: Uint8Array,
  { iv, aad }: { iv: Uint8Array; aad: Uint8Array },
): Uint8Array {
  // Raw bytes as a key take Node 24 four times as long.
  const cipher = createCipheriv("aes-256-gcm", createSecretKey(key), iv, { authTagLength: tagLength });
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return new Uint8Array(Buffer.concat([iv, ciphertext, cipher.getAuthTag()]));
}

/** The inverse of `seal`; throws VAULT_CORRUPT where key, AAD or bytes are others. */
export function open(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  const end = sealed.length - tagLength;
  if (end < ivLength) throw corrupt();
  const iv = sealed.subarray(0, ivLength);
  const decipher = createDecipheriv("aes-256-gcm", createSecretKey(key), iv, { authTagLength: tagLength });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  const { buffer, byteOffset, byteLength } = decipher.update(sealed.subarray(ivLength, end));
  const plaintext = new Uint8Array(buffer, byteOffset, byteLength);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    throw corrupt();
  }
}

/**
 * The key of one row, from the vault's value key or the subject's key. A row is sealed once or twice under its own key,
 * so the 2^32 messages that random ivs allow one key (SP 800-38D, section 8.3) bound no vault.
 */
export function rowKey(base: Uint8Array, token: string): Uint8Array {
  return keyedDigest(base, ["row", token]);
}
