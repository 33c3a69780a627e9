// mastercard-client-encryption, its field-level encryption: AES-128-CBC under an RSA-OAEP key for each field.
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import forge from "node-forge";
import { sensitive } from "../documents.ts";
import type { BenchKey } from "../keys.ts";
import { type Json, recordsOf } from "../records.ts";
import type { Peer } from "./peer.ts";

interface FieldLevelEncryption {
  encrypt(endpoint: string, header: object, body: Json): { body: Json };
  decrypt(response: { request: { url: string }; body: Json }): Json;
}

interface Library {
  readonly FieldLevelEncryption: new (config: object) => FieldLevelEncryption;
}

const endpoint = "/customers";

/** It addresses no arrays, so it is called for each record. */
export function mastercard(key: BenchKey): Peer {
  const library = createRequire(import.meta.url)("mastercard-client-encryption") as Library;
  const fle = new library.FieldLevelEncryption({
    paths: [
      {
        path: endpoint,
        toEncrypt: sensitive.map((path) => ({ element: path, obj: path })),
        toDecrypt: sensitive.map((path) => ({ element: path, obj: path })),
      },
    ],
    ivFieldName: "iv",
    encryptedKeyFieldName: "encryptedKey",
    encryptedValueFieldName: "encryptedData",
    dataEncoding: "base64",
    oaepPaddingDigestAlgorithm: "SHA-256",
    oaepHashingAlgorithmFieldName: "oaepHashingAlgorithm",
    useCertificateContent: true,
    encryptionCertificate: certificateOf(key),
    privateKey: key.privatePem,
  });
  return {
    name: "mastercard-client-encryption",
    losesTypes: true,
    seal: (document) => {
      const body: unknown = JSON.parse(document.bytes.toString());
      for (const record of recordsOf(body, document)) fle.encrypt(endpoint, {}, record);
      return Buffer.from(JSON.stringify(body));
    },
    open: (sealed, document) => {
      const body: unknown = JSON.parse(Buffer.from(sealed).toString());
      for (const record of recordsOf(body, document)) fle.decrypt({ request: { url: endpoint }, body: record });
      return Buffer.from(JSON.stringify(body));
    },
  };
}

function certificateOf(key: BenchKey): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(key.publicPem);
  certificate.serialNumber = "01";
  certificate.validity.notAfter.setFullYear(certificate.validity.notBefore.getFullYear() + 1);
  certificate.sign(forge.pki.privateKeyFromPem(key.privatePem), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}
