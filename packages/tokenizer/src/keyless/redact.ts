// Values shortened, masked or hashed: what needs no way back. Pure, given the key.
import { FieldsealError } from "@fieldseal/core/errors";
import { keyedDigest } from "../keyed-digest.ts";
import { checkWholeNumber } from "../whole-number.ts";

export { mask } from "@fieldseal/core/access";

const minKeyLength = 32;

/** What stays of a truncated value, in graphemes. */
export interface TruncateOptions {
  readonly keepFirst?: number;
  readonly keepLast?: number;
}

/**
 * Keeps the first and last graphemes of `text` and drops the rest; nothing is left of a text no longer than what would stay.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for numbers of graphemes that are none.
 *
 * @example
 * ```ts
 * import { truncate } from "@fieldseal/tokenizer";
 * truncate("4111111111111111", { keepFirst: 6, keepLast: 4 }); // "4111111111"
 * ```
 */
export function truncate(text: string, { keepFirst = 0, keepLast = 0 }: TruncateOptions): string {
  checkWholeNumber("keepFirst", keepFirst, 0);
  checkWholeNumber("keepLast", keepLast, 0);
  const graphemes = Array.from(
    new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text),
    (one) => one.segment,
  );
  if (graphemes.length <= keepFirst + keepLast) return "";
  return [...graphemes.slice(0, keepFirst), ...graphemes.slice(graphemes.length - keepLast)].join("");
}

/** What a hash is for: equal values of two purposes have unrelated hashes. */
export interface HashOptions {
  /** At least 32 random bytes. Whoever has them can find small values by trying. */
  readonly key: Uint8Array;
  readonly field: string;
  readonly tenant?: string;
}

/**
 * HMAC-SHA256 of `text` in NFC, 43 characters of base64url. One way; shows which values are equal, and how often each occurs.
 *
 * @throws {FieldsealError} `TOKEN_KEY_INVALID` for a key that is text, or shorter than 32 bytes.
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { hash } from "@fieldseal/tokenizer";
 * const name = hash("ada@example.com", { key: randomBytes(32), field: "email" });
 * ```
 */
export function hash(text: string, { key, field, tenant = "" }: HashOptions): string {
  if (!(key instanceof Uint8Array) || key.length < minKeyLength) {
    throw new FieldsealError("TOKEN_KEY_INVALID", "a hash key is at least 32 bytes");
  }
  const parts = ["fieldseal tokens 1 hash", tenant, field, text.normalize("NFC")];
  return keyedDigest(key, parts).toString("base64url");
}
