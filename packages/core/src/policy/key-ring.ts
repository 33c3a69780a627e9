// The `keys` of a policy. Pure.
import {
  type Place,
  readAt,
  readChoice,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "../config/index.ts";
import type { Alg, Primitives } from "../envelope/index.ts";
import { FieldsealError } from "../errors/index.ts";
import { readPairs } from "./direct-pairs.ts";
import { kidSyntax } from "./names.ts";
import { readPublicKey } from "./public-key.ts";
import type { DataKeyReuse, RingKey } from "./types.ts";

const kmsSyntax = {
  pattern: /^(arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+)$/,
  says: "the ARN of a KMS key (an alias can move)",
};
const fingerprintSyntax = { pattern: /^sha256:[0-9a-f]{64}$/, says: "sha256: and 64 hexadecimal digits" };

const longestReuse = 24 * 60 * 60;
const defaultMessages = 2 ** 20;
const mostMessages = 2 ** 32;
const defaultBytes = 2 ** 36;

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
  const entry = readObject(place, ["alg", "publicKey", "kms", "fingerprint", "status", "direct", "reuse"]);
  const algPlace = entry.required("alg");
  const alg: Alg = readOneOf(algPlace, ["RSA-OAEP-256", "DHKEM-P256"]);
  const keyPlace = entry.required("publicKey");
  const publicKey = readAt(keyPlace, () => readPublicKey(readString(keyPlace), alg));
  const fingerprintPlace = entry.optional("fingerprint");
  const fingerprint = fingerprintPlace && readString(fingerprintPlace, fingerprintSyntax);
  if (fingerprint !== undefined && fingerprint !== fingerprintOf(publicKey.spki, primitives)) {
    const message = `${fingerprintPlace!.pointer}: the public key of "${kid}" is not the one that was pinned`;
    throw new FieldsealError("FINGERPRINT_MISMATCH", message, { pointer: fingerprintPlace!.pointer, kid });
  }
  const kms = entry.optional("kms");
  return {
    kid,
    alg,
    publicKey,
    kms: kms && readString(kms, kmsSyntax),
    fingerprint,
    status: readChoice(entry, "status", ["active", "decrypt-only"]),
    direct: readPairs(entry.optional("direct")),
    reuse: readReuse(entry.optional("reuse")),
  };
}

function readReuse(place: Place | undefined): DataKeyReuse | undefined {
  if (place === undefined) return undefined;
  const reuse = readObject(place, ["maxAge", "maxMessages", "maxBytes"]);
  const maxMessages = reuse.optional("maxMessages");
  const maxBytes = reuse.optional("maxBytes");
  return {
    maxAge: readInteger(reuse.required("maxAge"), 1, longestReuse),
    maxMessages: maxMessages === undefined ? defaultMessages : readInteger(maxMessages, 1, mostMessages),
    maxBytes: maxBytes === undefined ? defaultBytes : readInteger(maxBytes, 1, Number.MAX_SAFE_INTEGER),
  };
}
