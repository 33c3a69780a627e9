// The direct format: prefix || base64(RSAES-OAEP of the value itself) || suffix (docs/wire-format.md, direct). Pure.
import { byteTable, sameBytes, utf8Bytes } from "../../bytes/index.ts";
import { FieldsealError } from "../../errors/index.ts";
import { algorithmOf } from "../algorithms.ts";
import { decryptionFailed } from "../data-key.ts";
import { decodeBase64 } from "./base64.ts";
import type { FoundValue, SealedValue } from "./sealed-value.ts";

/** A prefix and suffix that mark values of `fields` under one key. */
export interface DirectPair {
  readonly prefix: string;
  readonly suffix: string;
  /** One field, or several that their places tell apart. */
  readonly fields: readonly string[];
  readonly kid: string;
}

const alg = "RSA-OAEP-256";
const wrappedLengths = algorithmOf(alg).wrappedLengths;
const marker = /^(?=[\x21-\x7e]{3,32}$)[^"\\<>&%+=,]+$/;
const outsideBase64 = /[^A-Za-z0-9+/=]/;
const inBase64: Uint8Array = byteTable("AZ", "az", "09", "+", "/", "=");

/**
 * Checks pairs against the rules of the format and against each other.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`.
 */
export function checkDirectPairs(pairs: readonly DirectPair[]): void {
  const markers = new Set<string>();
  for (const { prefix, suffix, fields, kid } of pairs) {
    const isMarked = marker.test(prefix) && marker.test(suffix);
    if (!isMarked || !outsideBase64.test(prefix.at(-1)!) || !outsideBase64.test(suffix[0]!)) {
      throw invalid(kid, "a prefix or suffix is not 3 to 32 characters of the allowed ones");
    }
    if (fields.length === 0) throw invalid(kid, "a pair of prefix and suffix names no field");
    for (const text of [prefix, suffix]) {
      for (const other of markers) {
        if (text.includes(other) || other.includes(text)) throw invalid(kid, "a prefix or suffix holds another one");
      }
    }
    if (prefix.includes(suffix) || suffix.includes(prefix)) throw invalid(kid, "a prefix or suffix holds another one");
    markers.add(prefix).add(suffix);
  }
}

/**
 * Finds the values of `pairs` in a text.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` for text between a pair's marks that is base64 and no such value.
 */
export function findDirect(text: Uint8Array, pairs: readonly DirectPair[]): FoundValue[] {
  return pairs.flatMap((pair) => {
    const found: FoundValue[] = [];
    const prefix = utf8Bytes(pair.prefix);
    const suffix = utf8Bytes(pair.suffix);
    for (let start = indexOf(text, prefix, 0); start >= 0; ) {
      const from = start + prefix.length;
      let to = from;
      while (to < text.length && inBase64[text[to]!] === 1) to++;
      const isPair = to > from && startsWith(text, suffix, to);
      const end = isPair ? to + suffix.length : from;
      if (isPair) found.push({ value: directValue(text.subarray(from, to), pair), start, end });
      start = indexOf(text, prefix, end);
    }
    return found;
  });
}

function directValue(base64: Uint8Array, { kid, fields }: DirectPair): SealedValue {
  const wrapped = decodeBase64(base64);
  if (wrapped === null || !wrappedLengths.includes(wrapped.length)) {
    throw new FieldsealError("ENVELOPE_MALFORMED", "a value of the direct format is malformed", { kid });
  }
  return {
    format: "direct",
    alg,
    kid,
    fields,
    binding: "none",
    wrapped,
    holds: "value",
    open: (secret, _context, primitives) => {
      // What is no UTF-8 could be a data key: it never leaves in the name of a value.
      if (!primitives.isUtf8(secret)) throw decryptionFailed();
      return { kind: "text", value: Uint8Array.from(secret) };
    },
  };
}

function indexOf(text: Uint8Array, needle: Uint8Array, from: number): number {
  for (let at = text.indexOf(needle[0]!, from); at >= 0; at = text.indexOf(needle[0]!, at + 1)) {
    if (startsWith(text, needle, at)) return at;
  }
  return -1;
}

function startsWith(text: Uint8Array, needle: Uint8Array, at: number): boolean {
  return sameBytes(text, at, at + needle.length, needle, 0, needle.length);
}

function invalid(kid: string, message: string): FieldsealError {
  return new FieldsealError("CONFIG_INVALID", message, { kid });
}
