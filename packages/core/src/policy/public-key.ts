// Public keys as they stand in a policy: PEM or base64 of a SubjectPublicKeyInfo (RFC 5280, RFC 8017, RFC 5480). Pure.
import { bytesEqual, decodeBase64url, utf8Bytes } from "../bytes/index.ts";
import { type Alg, algorithmOf, compressedPointLength, uncompressedPointLength } from "../envelope/index.ts";
import { FieldsealError } from "../errors/index.ts";

export interface PublicKey {
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Bytes of a data key wrapped with this key. */
  readonly wrappedLength: number;
}

const rsaEncryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ecPublicKey = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const prime256v1 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const modulusLengths = algorithmOf("RSA-OAEP-256").wrappedLengths;

/**
 * Reads a public key for `alg`.
 *
 * @throws {FieldsealError} `PUBLIC_KEY_INVALID` where it is no public key for that algorithm (a private key included),
 * `PUBLIC_KEY_WEAK` for RSA other than 2048, 3072 or 4096 bits, or an exponent other than 65537.
 */
export function readPublicKey(text: string, alg: Alg): PublicKey {
  const spki = derOf(text);
  const [algorithm, key] = children(only(spki, 0x30), 0x30, 0x03);
  if (key![0] !== 0) throw invalid();
  const bits = key!.subarray(1);
  return { spki, wrappedLength: alg === "RSA-OAEP-256" ? rsaLength(algorithm!, bits) : pointLength(algorithm!, bits) };
}

function derOf(text: string): Uint8Array {
  const armored = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----\s*$/.exec(text)?.[1];
  const base64 = (armored ?? text).replace(/\s+/g, "");
  const bare = base64
    .replace(/={1,2}$/, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  const der = base64 === "" || /[-_]/.test(base64) ? null : decodeBase64url(utf8Bytes(bare));
  if (der === null) throw invalid(mistakeOf(text));
  return der;
}

function rsaLength(algorithm: Uint8Array, bits: Uint8Array): number {
  if (!bytesEqual(children(algorithm, 0x06, 0x05)[0]!, Uint8Array.from(rsaEncryption))) throw invalid();
  const [modulus, exponent] = children(only(bits, 0x30), 0x02, 0x02);
  // A DER integer whose first bit is set is negative.
  if (modulus!.length === 0 || modulus![0]! >= 0x80) throw invalid();
  const significant = modulus![0] === 0 ? modulus!.subarray(1) : modulus!;
  if (!modulusLengths.includes(significant.length) || significant[0]! < 0x80) {
    throw new FieldsealError("PUBLIC_KEY_WEAK", "an RSA key must have 2048, 3072 or 4096 bits");
  }
  if (!bytesEqual(exponent!, Uint8Array.of(1, 0, 1))) {
    throw new FieldsealError("PUBLIC_KEY_WEAK", "the exponent of an RSA key must be 65537");
  }
  return significant.length;
}

function pointLength(algorithm: Uint8Array, bits: Uint8Array): number {
  const [scheme, curve] = children(algorithm, 0x06, 0x06);
  const isP256 = bytesEqual(scheme!, Uint8Array.from(ecPublicKey)) && bytesEqual(curve!, Uint8Array.from(prime256v1));
  if (!isP256 || bits.length !== uncompressedPointLength || bits[0] !== 4) throw invalid();
  return compressedPointLength;
}

/** Contents of the one DER element that fills `der`. */
function only(der: Uint8Array, tag: number): Uint8Array {
  return children(der, tag)[0]!;
}

/** Contents of the DER elements of exactly these tags that fill `der`. */
function children(der: Uint8Array, ...tags: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const tag of tags) {
    if (der[at] !== tag) throw invalid();
    let length = der[at + 1]!;
    at += 2;
    if (length >= 0x80) {
      let size = length & 0x7f;
      if (size < 1 || size > 3) throw invalid();
      for (length = 0; size > 0; size--) length = (length << 8) | (der[at++] ?? 0);
    }
    if (at + length > der.length) throw invalid();
    found.push(der.subarray(at, at + length));
    at += length;
  }
  if (at !== der.length) throw invalid();
  return found;
}

const expected = "give the PEM that begins with -----BEGIN PUBLIC KEY-----; `fieldseal pull-key` writes it";

/** What stands there in place of a public key, as far as it shows. */
function mistakeOf(text: string): string {
  if (text.includes("PRIVATE KEY-----")) return `this is a private key, which policies never hold; ${expected}`;
  return text.includes("\\n") ? 'its line breaks are spelled \\n: replaceAll("\\\\n", "\\n")' : expected;
}

function invalid(hint: string = expected): FieldsealError {
  const message = "not a public key (SubjectPublicKeyInfo) for this algorithm";
  return new FieldsealError("PUBLIC_KEY_INVALID", message, { hint });
}
