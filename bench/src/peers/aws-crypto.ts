// The AWS Encryption SDK with a local RSA keyring and its caching manager; no signature, which is its faster form.
import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawRsaKeyringNode,
} from "@aws-crypto/client-node";
import type { BenchKey } from "../keys.ts";
import { mapFieldsAsync } from "../records.ts";
import type { Peer } from "./peer.ts";

export function awsCrypto(key: BenchKey): Peer {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const backingMaterials = new RawRsaKeyringNode({
    keyNamespace: "bench",
    keyName: key.kid,
    rsaKey: { publicKey: key.publicPem, privateKey: key.privatePem },
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha256",
  });
  const manager = new NodeCachingMaterialsManager({
    backingMaterials,
    cache: getLocalCryptographicMaterialsCache(10_000),
    maxAge: 3_600_000,
    partition: "bench",
    maxMessagesEncrypted: 2 ** 30,
  });
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
  const encryptionContext = { app: "bench" };
  const seal = async (value: unknown): Promise<string> => {
    const plaintextLength = Buffer.byteLength(value as string);
    const { result } = await encrypt(manager, value as string, { suiteId, encryptionContext, plaintextLength });
    return result.toString("base64");
  };
  const open = async (value: unknown): Promise<string> =>
    (await decrypt(manager, Buffer.from(value as string, "base64"))).plaintext.toString();
  return {
    name: "@aws-crypto/client-node, caching",
    seal: async (document) => {
      const body: unknown = JSON.parse(document.bytes.toString());
      await mapFieldsAsync(body, document, seal, "sequence");
      return Buffer.from(JSON.stringify(body));
    },
    open: async (sealed, document) => {
      const body: unknown = JSON.parse(Buffer.from(sealed).toString());
      await mapFieldsAsync(body, document, open, "sequence");
      return Buffer.from(JSON.stringify(body));
    },
  };
}
