// Private keys from PEM text, in process memory: for development, tests and files that are read once.
import { privateKey } from "./private-key.ts";
import type { KeyProvider } from "./provider.ts";
import type { PemKey } from "./read-private-key.ts";

/**
 * Keys from PEM private keys, text or the bytes of a file; encrypted ones with their passphrase. Production keys stay in KMS.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` for text that is no RSA private key of 2048, 3072 or 4096 bits and no
 * EC private key on P-256, or does not open with its passphrase.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
 * const keys = pemKeys({ "pii-1": readFileSync("pii-1.private.pem", "utf8") });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function pemKeys(pems: Readonly<Record<string, string | Uint8Array | PemKey>>): KeyProvider {
  const keys = new Map(
    Object.entries(pems ?? { "": undefined }).map(([kid, pem]) => [kid, privateKey(kid, pemKeyOf(pem))] as const),
  );
  return { find: (kid) => keys.get(kid) };
}

/** A file that was read without an encoding is bytes. */
function pemKeyOf(pem: string | Uint8Array | PemKey): PemKey {
  if (pem instanceof Uint8Array) return { pem: Buffer.from(pem).toString() };
  return typeof pem === "object" && pem !== null ? pem : { pem };
}
