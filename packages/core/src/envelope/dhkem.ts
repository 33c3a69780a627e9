// DHKEM(P-256, HKDF-SHA256) of RFC 9180, section 4.1, as far as sender and reader share it. Pure; primitives as arguments.
// The KEM's shared secret is the data key: there is no HPKE key schedule behind it.
import { bytesEqual, concat, utf8Bytes } from "../bytes/index.ts";
import type { KdfPrimitives } from "./primitives.ts";

/** Bytes of an uncompressed P-256 point: 0x04 || x || y (SEC 1, section 2.3.3). */
export const uncompressedPointLength = 65;
/** Bytes of a compressed P-256 point: 0x02 or 0x03 || x. */
export const compressedPointLength = 33;

const secretLength = 32;
const versionLabel = utf8Bytes("HPKE-v1");
/** "KEM" || I2OSP(0x0010, 2) */
const suiteId = Uint8Array.of(0x4b, 0x45, 0x4d, 0x00, 0x10);

/**
 * ExtractAndExpand(dh, enc || pkRm): the 32-byte shared secret of the KEM (RFC 9180, section 4.1).
 *
 * @param input `dh`: the x-coordinate that both sides compute, 32 bytes; `ephemeral` and `recipient`: uncompressed points
 */
export function dhkemSharedSecret(
  input: { readonly dh: Uint8Array; readonly ephemeral: Uint8Array; readonly recipient: Uint8Array },
  primitives: KdfPrimitives,
): Uint8Array {
  // LabeledExtract("", "eae_prk", dh) and LabeledExpand(eae_prk, "shared_secret", kem_context, 32) are one HKDF.
  const labeledDh = concat([versionLabel, suiteId, utf8Bytes("eae_prk"), input.dh]);
  const info = concat([
    Uint8Array.of(0, secretLength),
    versionLabel,
    suiteId,
    utf8Bytes("shared_secret"),
    input.ephemeral,
    input.recipient,
  ]);
  const secret = primitives.hkdfSha256(labeledDh, new Uint8Array(0), info, secretLength);
  labeledDh.fill(0);
  return secret;
}

/** The 33-byte form of an uncompressed point, as envelopes carry it (SEC 1, section 2.3.3). */
export function compressPoint(point: Uint8Array): Uint8Array {
  const out = Uint8Array.from(point.subarray(0, compressedPointLength));
  out[0] = 2 + (point[uncompressedPointLength - 1]! & 1);
  return out;
}

// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING } up to the point (RFC 5480, section 2).
const spkiPrefix = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00],
);

/** DER of the SubjectPublicKeyInfo of an uncompressed P-256 point. */
export function spkiOfPoint(point: Uint8Array): Uint8Array {
  return concat([spkiPrefix, point]);
}

/** The uncompressed point in the DER of a P-256 SubjectPublicKeyInfo; null where it is of another kind. */
export function pointOfSpki(spki: Uint8Array): Uint8Array | null {
  const point = spki.subarray(spkiPrefix.length);
  const isP256 = bytesEqual(spki.subarray(0, spkiPrefix.length), spkiPrefix);
  return isP256 && point.length === uncompressedPointLength && point[0] === 4 ? point : null;
}
