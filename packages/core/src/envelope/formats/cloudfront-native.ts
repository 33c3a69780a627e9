// CloudFront's own field-level encryption: base64 of an AWS Encryption SDK message, format version 1, algorithm suite
// 0178 (AES-256-GCM, HKDF-SHA256, neither signature nor commitment), as its specification lays it out. Pure.
import { bytesEqual, concat, utf8Bytes } from "../../bytes/index.ts";
import { FieldsealError } from "../../errors/index.ts";
import { decryptionFailed } from "../data-key.ts";
import type { DataKey } from "../keys.ts";
import { ivLength, tagLength } from "../syntax.ts";
import { decodeWornBase64 } from "./base64.ts";
import type { SealedValue } from "./sealed-value.ts";

/** Whose messages are opened, with which key, and as which field. */
export interface CloudFrontNativeKey {
  /** Provider name of the CloudFront profile. */
  readonly provider: string;
  /** Name of the public key in CloudFront. */
  readonly keyName: string;
  /** Its private key; it serves nothing else. */
  readonly kid: string;
  readonly field: string;
}

// Version 1, type 0x80 (customer authenticated encrypted data), suite 0x0178.
const messageStart = Uint8Array.of(0x01, 0x80, 0x01, 0x78);
const suite = messageStart.subarray(2);
// The first five characters of its base64 are the same for every such message, in both alphabets.
const base64Start = utf8Bytes("AYABe");
const messageIdLength = 16;
const dataKeyLength = 32;
const finalFrame = 0xffffffff;
const aadOfFrame = utf8Bytes("AWSKMSEncryptionClient Frame");
const aadOfFinalFrame = utf8Bytes("AWSKMSEncryptionClient Final Frame");
const aadOfSingleBlock = utf8Bytes("AWSKMSEncryptionClient Single Block");

/**
 * Reads a whole value as a message of one of `keys`; null where it is none.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` for a message that is not of the form that CloudFront writes: one
 * encrypted data key, empty encryption context, complete.
 */
export function readCloudFrontNative(text: Uint8Array, keys: readonly CloudFrontNativeKey[]): SealedValue | null {
  if (!bytesEqual(text.subarray(0, base64Start.length), base64Start)) return null;
  const bytes = decodeWornBase64(text);
  if (bytes === null || !bytesEqual(bytes.subarray(0, messageStart.length), messageStart)) return null;
  const message = readMessage(bytes);
  const key = keys.find(({ provider, keyName }) => provider === message.provider && keyName === message.keyName);
  if (key === undefined) return null;
  return {
    format: "cloudfront-native",
    alg: "RSA-OAEP-256",
    kid: key.kid,
    fields: [key.field],
    binding: "none",
    wrapped: message.wrapped,
    holds: "foreign-key",
    open: (secret, _context, primitives) => {
      const info = concat([suite, message.id]);
      const dataKey = primitives.hkdfSha256(secret, new Uint8Array(0), info, dataKeyLength) as DataKey;
      const parts = message.sealed.map(({ iv, aad, ciphertext }) => {
        return primitives.openAesGcm(dataKey, iv, aad, ciphertext);
      });
      dataKey.fill(0);
      const value = concat(parts.map((part) => part ?? new Uint8Array(0)));
      const isText = primitives.isUtf8(value);
      if (secret.length !== dataKeyLength || parts.includes(null) || !isText) throw decryptionFailed();
      return { kind: "text", value };
    },
  };
}

interface Message {
  readonly id: Uint8Array;
  readonly provider: string;
  readonly keyName: string;
  readonly wrapped: Uint8Array;
  /** The header's authentication, of no plaintext, and then each frame. */
  readonly sealed: readonly SealedPart[];
}

interface SealedPart {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  /** ciphertext || tag */
  readonly ciphertext: Uint8Array;
}

function readMessage(bytes: Uint8Array): Message {
  const input = createInput(bytes);
  input.take(messageStart.length);
  const id = input.take(messageIdLength);
  if (input.uint(2) !== 0) throw malformed();
  if (input.uint(2) !== 1) throw malformed();
  const provider = String.fromCharCode(...input.take(input.uint(2)));
  const keyName = String.fromCharCode(...input.take(input.uint(2)));
  const wrapped = input.take(input.uint(2));
  const contentType = input.uint(1);
  if (input.uint(4) !== 0 || input.uint(1) !== ivLength) throw malformed();
  const frameLength = input.uint(4);
  const header = bytes.subarray(0, input.offset());
  const headerIv = input.take(ivLength);
  const authentication = { iv: headerIv, aad: header, ciphertext: input.take(tagLength) };
  if (contentType === 1 && frameLength !== 0) throw malformed();
  if (contentType !== 1 && (contentType !== 2 || frameLength === 0)) throw malformed();
  const body = contentType === 1 ? [readSingleBlock(input, id)] : readFrames(input, id, frameLength);
  if (input.offset() !== bytes.length) throw malformed();
  return { id, provider, keyName, wrapped, sealed: [authentication, ...body] };
}

function readSingleBlock(input: Input, id: Uint8Array): SealedPart {
  const iv = input.take(ivLength);
  if (input.uint(4) !== 0) throw malformed();
  const length = input.uint(4);
  return { iv, aad: bodyAad(id, aadOfSingleBlock, 1, length), ciphertext: input.take(length + tagLength) };
}

function readFrames(input: Input, id: Uint8Array, frameLength: number): SealedPart[] {
  const frames: SealedPart[] = [];
  for (let expected = 1; ; expected++) {
    const first = input.uint(4);
    const isFinal = first === finalFrame;
    const sequence = isFinal ? input.uint(4) : first;
    if (sequence !== expected) throw malformed();
    const iv = input.take(ivLength);
    const length = isFinal ? input.uint(4) : frameLength;
    if (length > frameLength) throw malformed();
    const aad = bodyAad(id, isFinal ? aadOfFinalFrame : aadOfFrame, sequence, length);
    frames.push({ iv, aad, ciphertext: input.take(length + tagLength) });
    if (isFinal) return frames;
  }
}

/** message id || content string || u32 sequence number || u64 length of the plaintext */
function bodyAad(id: Uint8Array, content: Uint8Array, sequence: number, length: number): Uint8Array {
  return concat([id, content, uint32(sequence), uint32(0), uint32(length)]);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

interface Input {
  take(length: number): Uint8Array;
  /** A big-endian number of `length` bytes, at most four. */
  uint(length: number): number;
  offset(): number;
}

function createInput(bytes: Uint8Array): Input {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw malformed();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    take,
    uint: (length) => take(length).reduce((value, byte) => value * 256 + byte, 0),
    offset: () => at,
  };
}

function malformed(): FieldsealError {
  return new FieldsealError("ENVELOPE_MALFORMED", "a message of CloudFront's field-level encryption is malformed");
}
