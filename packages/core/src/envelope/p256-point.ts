// Points of P-256 as envelopes, KEM and platforms spell them (SEC 1, section 2.3.3; RFC 5480). Pure.
import { bytesEqual, concat } from "../bytes/index.ts";

/** Bytes of an uncompressed P-256 point: 0x04 || x || y (SEC 1, section 2.3.3). */
export const uncompressedPointLength = 65;
/** Bytes of a compressed P-256 point: 0x02 or 0x03 || x. */
export const compressedPointLength = 33;

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
