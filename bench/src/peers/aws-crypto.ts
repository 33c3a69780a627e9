// The AWS Encryption SDK with a local RSA keyring, with and without its caching manager; no signature, its faster form.
import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import {
  AlgorithmSuiteIdentifier,
  type AwsEsdkKeyObject,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawRsaKeyringNode,
} from "@aws-crypto/client-node";
import type { BenchKey } from "../keys.ts";
import { mapFieldsAsync } from "../records.ts";
import type { Peer } from "./peer.ts";

export function awsCrypto(key: BenchKey, { cache }: { readonly cache: boolean }): Peer {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new RawRsaKeyringNode({
    keyNamespace: "bench",
    keyName: key.kid,
    // Its own type of key objects lists fewer kinds of keys than Node's.
    rsaKey: { publicKey: key.publicKey as AwsEsdkKeyObject, privateKey: key.privateKey as AwsEsdkKeyObject },
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha256",
  });
  const materials = cache ? cachingManager(keyring) : keyring;
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;
  const encryptionContext = { app: "bench" };
  const seal = async (value: unknown): Promise<string> => {
    const plaintextLength = Buffer.byteLength(value as string);
    const { result } = await encrypt(materials, value as string, { suiteId, encryptionContext, plaintextLength });
    return result.toString("base64");
  };
  const open = async (value: unknown): Promise<string> =>
    (await decrypt(materials, Buffer.from(value as string, "base64"))).plaintext.toString();
  return {
    name: `@aws-crypto/client-node${cache ? ", caching" : ""}`,
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

/** Data keys are asked for once; from then on every message finds its own in the cache. */
function cachingManager(backingMaterials: RawRsaKeyringNode): NodeCachingMaterialsManager {
  return new NodeCachingMaterialsManager({
    backingMaterials,
    cache: getLocalCryptographicMaterialsCache(10_000),
    maxAge: 3_600_000,
    partition: "bench",
    maxMessagesEncrypted: 2 ** 30,
  });
}
