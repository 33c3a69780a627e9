// The published pattern: PREFIX base64(RSA-OAEP-SHA-256(value)) SUFFIX for each field of a parsed body.
import { Buffer } from "node:buffer";
import { constants, type KeyObject, privateDecrypt, publicEncrypt } from "node:crypto";
import forge from "node-forge";
import type { BenchKey } from "../keys.ts";
import { mapFields } from "../records.ts";
import type { Peer } from "./peer.ts";

const prefix = "#01#";
const suffix = "#10#";

/** With node-forge, as published. */
export function articleWithForge(key: BenchKey): Peer {
  const publicKey = forge.pki.publicKeyFromPem(key.publicPem);
  const privateKey = forge.pki.privateKeyFromPem(key.privatePem);
  const oaep = { md: forge.md.sha256.create(), mgf1: { md: forge.md.sha256.create() } };
  return article(
    "article, node-forge",
    (text) => forge.util.encode64(publicKey.encrypt(forge.util.encodeUtf8(text), "RSA-OAEP", oaep)),
    (sealed) => forge.util.decodeUtf8(privateKey.decrypt(forge.util.decode64(sealed), "RSA-OAEP", oaep)),
  );
}

/** With node:crypto and a key that is imported once. */
export function articleWithNodeCrypto({ publicKey, privateKey }: BenchKey): Peer {
  const oaep = (key: KeyObject) => ({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" });
  return article(
    "article, node:crypto",
    (text) => publicEncrypt(oaep(publicKey), Buffer.from(text)).toString("base64"),
    (sealed) => privateDecrypt(oaep(privateKey), Buffer.from(sealed, "base64")).toString(),
  );
}

function article(name: string, seal: (text: string) => string, open: (sealed: string) => string): Peer {
  return {
    name,
    seal: (document) => {
      const body: unknown = JSON.parse(document.bytes.toString());
      mapFields(body, document, (value) => prefix + seal(value as string) + suffix);
      return Buffer.from(JSON.stringify(body));
    },
    open: (sealed, document) => {
      const body: unknown = JSON.parse(Buffer.from(sealed).toString());
      mapFields(body, document, (value) => open((value as string).slice(prefix.length, -suffix.length)));
      return Buffer.from(JSON.stringify(body));
    },
  };
}
