// The `keys` of a policy. Pure.
import {
  type Place,
  readArray,
  readAt,
  readEntries,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "../config/index.ts";
import type { Alg, Primitives } from "../envelope/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { fieldNameSyntax, kidSyntax } from "./names.ts";
import { readPublicKey } from "./public-key.ts";
import { unsupported } from "./support.ts";
import type { DirectPair, RingKey } from "./types.ts";

const kmsSyntax = {
  pattern: /^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+)$/,
  says: "the ARN of a KMS key (an alias can move)",
};
const fingerprintSyntax = { pattern: /^sha256:[0-9a-f]{64}$/, says: "sha256: and 64 hexadecimal digits" };

/** Reads the key ring. */
export function readKeyRing(place: Place, primitives: Primitives): ReadonlyMap<string, RingKey> {
  return new Map(readEntries(place).map(([kid, entry]) => [kid, readKey(kid, entry, primitives)]));
}

/** `sha256:` and the SHA-256 of a SubjectPublicKeyInfo in hexadecimal. */
export function fingerprintOf(spki: Uint8Array, primitives: Primitives): string {
  return `sha256:${Array.from(primitives.sha256(spki), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function readKey(kid: string, place: Place, primitives: Primitives): RingKey {
  if (!kidSyntax.pattern.test(kid)) throw wrong(place, `a key id must be ${kidSyntax.says}`);
  const entry = readObject(place, ["alg", "publicKey", "kms", "fingerprint", "status", "direct"]);
  const algPlace = entry.required("alg");
  const alg: Alg = readOneOf(algPlace, ["RSA-OAEP-256", "DHKEM-P256"]);
  if (alg === "DHKEM-P256") throw unsupported(algPlace, "DHKEM-P256 keys");
  const keyPlace = entry.required("publicKey");
  const publicKey = readAt(keyPlace, () => readPublicKey(readString(keyPlace), alg));
  const fingerprintPlace = entry.optional("fingerprint");
  const fingerprint = fingerprintPlace && readString(fingerprintPlace, fingerprintSyntax);
  if (fingerprint !== undefined && fingerprint !== fingerprintOf(publicKey.spki, primitives)) {
    const message = `${fingerprintPlace!.pointer}: the public key of "${kid}" is not the one that was pinned`;
    throw new FieldsealError("FINGERPRINT_MISMATCH", message, { pointer: fingerprintPlace!.pointer, kid });
  }
  const kms = entry.optional("kms");
  const status = entry.optional("status");
  return {
    kid,
    alg,
    publicKey,
    kms: kms && readString(kms, kmsSyntax),
    fingerprint,
    status: status === undefined ? "active" : readOneOf(status, ["active", "decrypt-only"]),
    direct: readPairs(entry.optional("direct")),
  };
}

function readPairs(place: Place | undefined): DirectPair[] {
  if (place === undefined) return [];
  for (const element of readArray(place)) {
    const pair = readObject(element, ["prefix", "suffix", "fields"]);
    readString(pair.required("prefix"));
    readString(pair.required("suffix"));
    for (const name of readArray(pair.required("fields"))) readString(name, fieldNameSyntax);
  }
  throw unsupported(place, "values in the direct format");
}
