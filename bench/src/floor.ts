// What a request costs at least: the platform's own calls for one body, with everything else known in advance.
import { Buffer, isUtf8 } from "node:buffer";
import { constants, createCipheriv, createSecretKey, type KeyObject, publicEncrypt, randomFillSync } from "node:crypto";

/** A value in a body, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FloorOptions {
  readonly publicKey: KeyObject;
  /** The values to seal, in order. */
  readonly spans: readonly Span[];
  /** False: one data key for all requests, so no wrap and no import. */
  readonly wrap?: boolean;
}

const ivLength = 12;
const keyLength = 32;
const tagLength = 16;
const header = "fs1.r.pii-1.card-number.";
const context = Buffer.alloc(18);
const pad = 32;

/** The floor of one request: the body in base64 in, the sealed body in base64 out. */
export function createFloor({ publicKey, spans, wrap = true }: FloorOptions): (data: string) => string {
  const wrapKey = (dataKey: Uint8Array): string =>
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, dataKey).toString(
      "base64url",
    );
  const heldKey = createSecretKey(randomFillSync(Buffer.alloc(keyLength)));
  const heldWrapped = wrapKey(heldKey.export());
  return (data) => {
    const body = Buffer.from(data, "base64");
    if (!isUtf8(body)) throw new Error("not UTF-8");
    const keys = wrap ? keyLength : 0;
    const random = Buffer.allocUnsafe(keys + spans.length * ivLength);
    randomFillSync(random);
    const wrapped = wrap ? wrapKey(random.subarray(0, keys)) : heldWrapped;
    const key = wrap ? createSecretKey(random.subarray(0, keys)) : heldKey;
    const start = `"${header}${wrapped}.`;
    const aad = Buffer.concat([Buffer.from(start, "latin1"), context]);
    const texts: string[] = [];
    let length = body.length;
    for (let i = 0; i < spans.length; i++) {
      const { start: from, end: to } = spans[i]!;
      const iv = random.subarray(keys + i * ivLength, keys + (i + 1) * ivLength);
      const frame = Buffer.alloc(Math.ceil((to - from + 2) / pad) * pad);
      body.copy(frame, 1, from, to);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      cipher.setAAD(aad);
      const ciphertext = cipher.update(frame);
      cipher.final();
      const sealed = Buffer.allocUnsafe(ivLength + frame.length + tagLength);
      sealed.set(iv);
      sealed.set(ciphertext, ivLength);
      sealed.set(cipher.getAuthTag(), ivLength + frame.length);
      const text = `${start}${sealed.toString("base64url")}.fs"`;
      texts.push(text);
      length += text.length - (to - from);
    }
    const out = Buffer.allocUnsafe(length);
    let read = 0;
    let write = 0;
    for (let i = 0; i < spans.length; i++) {
      const { start: from, end: to } = spans[i]!;
      write += body.copy(out, write, read, from);
      write += out.write(texts[i]!, write, "latin1");
      read = to;
    }
    body.copy(out, write, read);
    return out.toString("base64");
  };
}

/** The spans of the string values `values` in a body, as spelled, each after the one before. */
export function spansOf(body: Buffer, values: readonly string[]): Span[] {
  let from = 0;
  return values.map((value) => {
    const start = body.indexOf(JSON.stringify(value), from);
    if (start < 0) throw new Error("a value is missing");
    from = start + Buffer.byteLength(JSON.stringify(value));
    return { start, end: from };
  });
}
