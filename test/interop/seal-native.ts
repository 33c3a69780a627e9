// Seals single values in the native format, under keys of either algorithm: core's sealing half on primitives of this
// file, so that what decrypt opens was not written with anything of its own.
import { isUtf8 } from "node:buffer";
import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  randomFillSync,
} from "node:crypto";
import {
  type Context,
  compressPoint,
  createFieldSealer,
  type DataKey,
  dhkemSharedSecret,
  encodeContext,
  envelopeLength,
  pointOfSpki,
  type SealPrimitives,
  spellWrapped,
} from "../../packages/core/src/envelope/index.ts";

const sealing: SealPrimitives = {
  isUtf8,
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  randomFill: (bytes) => {
    randomFillSync(bytes);
  },
  importSealingKey: (dataKey) => createSecretKey(Uint8Array.from(dataKey)) as never,
  sealAesGcm: (key, iv, aad, plaintext, out, at) => {
    const cipher = createCipheriv("aes-256-gcm", key as unknown as KeyObject, iv).setAAD(aad);
    out.set(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]), at);
  },
  importWrappingKey: () => expectNoCall(),
  sealRsaOaep256: () => expectNoCall(),
  agreeP256: () => expectNoCall(),
  hkdfSha256: () => expectNoCall(),
  allocate: (length) => new Uint8Array(length),
  copy: (source, start, end, target, at) => target.set(source.subarray(start, end), at),
};

function expectNoCall(): never {
  throw new Error("not asked for here");
}

/** A data key and how it is wrapped. */
export interface Wrapped {
  readonly dataKey: Uint8Array;
  readonly wrapped: Uint8Array;
}

export const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;

export function wrapRsa(publicKey: string, dataKey: Uint8Array = randomBytes(32)): Wrapped {
  return { dataKey, wrapped: publicEncrypt({ key: publicKey, ...oaep }, dataKey) };
}

/** DHKEM: a new ephemeral key each time. */
export function wrapP256(publicKey: string): Wrapped {
  const recipient = createPublicKey(publicKey);
  const ephemeral = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const point = (key: KeyObject): Uint8Array => pointOfSpki(key.export({ format: "der", type: "spki" }))!;
  const input = {
    dh: diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient }),
    ephemeral: point(ephemeral.publicKey),
    recipient: point(recipient),
  };
  const hkdfSha256 = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", secret, salt, info, length));
  return { dataKey: dhkemSharedSecret(input, { hkdfSha256 }), wrapped: compressPoint(input.ephemeral) };
}

export interface SealInput {
  readonly kid: string;
  readonly field: string;
  readonly alg?: "RSA-OAEP-256" | "DHKEM-P256";
  readonly context?: Context;
  readonly kind?: "json" | "form" | "xml" | "text";
}

/** The envelope of `value` under a data key that is wrapped already. */
export function sealUnder({ dataKey, wrapped }: Wrapped, value: string | Uint8Array, input: SealInput): string {
  const { kid, field, alg = "RSA-OAEP-256", context = {}, kind = "json" } = input;
  const shape = { alg, kid, field, wrappedLength: wrapped.length, pad: 32 };
  const key = sealing.importSealingKey(dataKey as DataKey);
  const wrappedText = spellWrapped(wrapped);
  const sealer = createFieldSealer({ shape, kind, wrappedText, key, context: encodeContext(context) }, sealing);
  const bytes = Buffer.from(value);
  const out = new Uint8Array(envelopeLength(shape, bytes.length));
  sealer.seal(bytes, 0, bytes.length, randomBytes(12), out, 0);
  return Buffer.from(out).toString("latin1");
}
