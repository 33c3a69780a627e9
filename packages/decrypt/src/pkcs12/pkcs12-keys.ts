// Private keys from PKCS#12 files (RFC 7292), which node:crypto does not read; node-forge does. Never on the hot path.
import { FieldsealError } from "@fieldseal/core/errors";
import forge from "node-forge";
import { privateKey } from "../keys/private-key.ts";
import type { KeyProvider } from "../keys/provider.ts";

/** A PKCS#12 file (.p12, .pfx) that holds exactly one private key. */
export interface Pkcs12File {
  readonly bytes: Uint8Array;
  readonly password: string;
}

/**
 * Keys from PKCS#12 files, by kid.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` where a file is malformed, its password is another, or it does not hold
 * exactly one private key of RSA with 2048, 3072 or 4096 bits or on P-256.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { createDecryptor } from "@fieldseal/decrypt";
 * import { pkcs12Keys } from "@fieldseal/decrypt/pkcs12";
 * declare const password: string;
 * const keys = pkcs12Keys({ "pii-1": { bytes: readFileSync("pii-1.p12"), password } });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function pkcs12Keys(files: Readonly<Record<string, Pkcs12File>>): KeyProvider {
  const ring = new Map(Object.entries(files).map(([kid, file]) => [kid, privateKey(kid, { pem: pemOf(kid, file) })]));
  return { find: (kid) => ring.get(kid) };
}

function pemOf(kid: string, { bytes, password }: Pkcs12File): string {
  const keys = privateKeyInfos(bytes, password);
  if (keys?.length !== 1) {
    throw new FieldsealError("PRIVATE_KEY_INVALID", `the PKCS#12 file of "${kid}" does not open to one private key`, {
      kid,
      hint: "check the password, and that the file holds exactly one private key",
    });
  }
  const base64 = forge.util.encode64(forge.asn1.toDer(keys[0]!).getBytes());
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}

/** The PrivateKeyInfo structures (RFC 5208) of a file; null where it is malformed or does not open. */
function privateKeyInfos(bytes: Uint8Array, password: string): forge.asn1.Asn1[] | null {
  try {
    const der = forge.util.createBuffer(Buffer.from(bytes).toString("binary"));
    const file = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(der), true, password);
    const { keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids;
    const bags = [keyBag, pkcs8ShroudedKeyBag].flatMap(
      (bagType) => file.getBags({ bagType: bagType! })[bagType!] ?? [],
    );
    return bags.map((bag) => {
      // forge understands RSA keys; of others it hands over the structure as it stood.
      const key = bag.key ?? null;
      return key === null ? bag.asn1 : forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key));
    });
  } catch {
    return null;
  }
}
