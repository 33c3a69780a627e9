// Ourselves: a data key for each request, one reused, and the reader with and without its cache.
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { encryptBody, parsePolicy } from "@fieldseal/edge-encrypt";
import type { BenchDocument } from "../documents.ts";
import type { BenchKey } from "../keys.ts";
import { policyDocument } from "../policies.ts";
import type { Peer } from "./peer.ts";

const mediaType = "application/json";

export function fieldseal(
  documents: readonly BenchDocument[],
  key: BenchKey,
  { name = "fieldseal", reuse = false, cache = false } = {},
): Peer {
  const policies = new Map(documents.map((d) => [d, parsePolicy(policyDocument(d, key, { reuse }))]));
  const uncached: object = { cache: false };
  const keys = pemKeys({ [key.kid]: key.privatePem });
  const decryptor = createDecryptor({ keys, ...(cache ? {} : uncached) });
  const context = { app: "bench" };
  return {
    name,
    seal: (document) => encryptBody({ bytes: document.bytes, mediaType }, policies.get(document)!),
    open: (bytes, document) => decryptor.decryptBody({ bytes, mediaType, context, expect: policies.get(document)! }),
  };
}
