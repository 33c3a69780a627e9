// Digits with separators between them: taken out into one buffer, and put back between the same separators. Pure.
import { Buffer } from "node:buffer";

/** Scratch space of one read, write or draw: they are synchronous and call nothing of a caller's. */
export const digits: Uint8Array = new Uint8Array(128);
// Scratch space of `laidOut`.
const ascii = Buffer.alloc(128);

/** What `takeDigits` answers where a character is neither digit nor separator. */
const notDigits = -1;

/** `work`, behind which no digit stays in the scratch space, of a value that it refused neither. */
export function clearing<A extends unknown[], R>(work: (...given: A) => R): (...given: A) => R {
  return (...given) => {
    try {
      return work(...given);
    } finally {
      digits.fill(0);
    }
  };
}

/** Takes the digits of `text` out into `digits`; returns how many there are, which may be more than fit. */
export function takeDigits(text: string, separators: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) digits[count++] = digit;
    else if (!separators.includes(text[i]!)) return notDigits;
  }
  return count;
}

/** `frame` (at most 128 ASCII characters) with all but its separators replaced by `digits`, in order. */
export function laidOut(frame: string, separators: string): string {
  let at = 0;
  for (let i = 0; i < frame.length; i++) {
    const code = frame.charCodeAt(i);
    const keep = (code < 0x30 || code > 0x39) && separators.includes(frame[i]!);
    ascii[i] = keep ? code : 0x30 + digits[at++]!;
  }
  const text = ascii.toString("latin1", 0, frame.length);
  for (let i = 0; i < frame.length; i++) ascii[i] = 0;
  return text;
}
