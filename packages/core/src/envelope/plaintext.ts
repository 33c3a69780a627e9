// What is inside an envelope: kind || value || 0x80 || zeros (docs/wire-format.md, Plaintext). Pure.
import { decryptionFailed } from "./data-key.ts";

/** How the value is spelled: raw JSON token, raw form value, raw XML content, UTF-8 text, JSON token inside a string. */
export const plaintextKinds = { json: 1, form: 2, xml: 3, text: 4, "json-in-string": 6 } as const;
export type PlaintextKind = keyof typeof plaintextKinds;

const kinds = Object.keys(plaintextKinds) as PlaintextKind[];
const end = 0x80;

/** Length in bytes of a framed value of `valueLength` bytes, padded to a multiple of `pad`. */
export function framedLength(valueLength: number, pad: number): number {
  return Math.ceil((valueLength + 2) / pad) * pad;
}

/** Frames `body[start, valueEnd)`. */
export function frame(kind: PlaintextKind, body: Uint8Array, start: number, valueEnd: number, pad: number): Uint8Array {
  const length = valueEnd - start;
  const framed = new Uint8Array(framedLength(length, pad));
  framed[0] = plaintextKinds[kind];
  for (let i = 0; i < length; i++) framed[i + 1] = body[start + i]!;
  framed[length + 1] = end;
  return framed;
}

/**
 * Takes a frame apart.
 *
 * @throws {FieldsealError} `DECRYPTION_FAILED` for an unknown kind or broken padding.
 */
export function unframe(framed: Uint8Array): { readonly kind: PlaintextKind; readonly value: Uint8Array } {
  let last = framed.length - 1;
  while (last > 0 && framed[last] === 0) last--;
  const kind = kinds.find((one) => plaintextKinds[one] === framed[0]);
  if (kind === undefined || last < 1 || framed[last] !== end) throw decryptionFailed();
  return { kind, value: framed.subarray(1, last) };
}
