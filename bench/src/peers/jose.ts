// jose: one compact JWE for each field, RSA-OAEP-256 + A256GCM.
import { Buffer } from "node:buffer";
import { CompactEncrypt, compactDecrypt, importPKCS8, importSPKI } from "jose";
import type { BenchKey } from "../keys.ts";
import { mapFieldsAsync } from "../records.ts";
import type { Peer } from "./peer.ts";

const header = { alg: "RSA-OAEP-256", enc: "A256GCM" };

/** With KeyObjects awaited one by one, or with CryptoKeys and all fields at once (its fastest form). */
export async function jose(key: BenchKey, order: "sequence" | "at once"): Promise<Peer> {
  const fast = order === "at once";
  const publicKey = fast ? await importSPKI(key.publicPem, header.alg) : key.publicKey;
  const privateKey = fast ? await importPKCS8(key.privatePem, header.alg) : key.privateKey;
  const seal = (value: unknown): Promise<string> =>
    new CompactEncrypt(Buffer.from(value as string)).setProtectedHeader(header).encrypt(publicKey);
  const open = async (value: unknown): Promise<string> =>
    Buffer.from((await compactDecrypt(value as string, privateKey)).plaintext).toString();
  return {
    name: fast ? "jose, CryptoKey + Promise.all" : "jose, in sequence",
    seal: async (document) => {
      const body: unknown = JSON.parse(document.bytes.toString());
      await mapFieldsAsync(body, document, seal, order);
      return Buffer.from(JSON.stringify(body));
    },
    open: async (sealed, document) => {
      const body: unknown = JSON.parse(Buffer.from(sealed).toString());
      await mapFieldsAsync(body, document, open, order);
      return Buffer.from(JSON.stringify(body));
    },
  };
}
