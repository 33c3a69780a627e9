// Tokens that sort: by bucket only. What sorts leaks, and each function says what. Pure, given the key.
import { FieldsealError } from "@fieldseal/core/errors";
import { daysOf } from "../formats/date.ts";
import { type HashOptions, hash } from "./redact.ts";

/** Buckets of `width` from `min` to below `max`. */
export interface NumberBuckets {
  readonly min: number;
  readonly max: number;
  readonly width: number;
}

/**
 * The number of the bucket that `value` lies in, in digits of fixed width, so that text order is number order.
 * Leaks the bucket: the value to within `width`, the order of values of different buckets, and how many lie in each.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for buckets that are none; `VALUE_STRUCTURE_INVALID` for a value outside them.
 *
 * @example
 * ```ts
 * import { numberBucket } from "@fieldseal/tokenizer";
 * numberBucket(48_250, { min: 0, max: 1_000_000, width: 10_000 }); // "04"
 * ```
 */
export function numberBucket(value: number, { min, max, width }: NumberBuckets): string {
  const count = Math.ceil((max - min) / width);
  if (!(width > 0 && count >= 1 && Number.isSafeInteger(count))) {
    throw new FieldsealError("CONFIG_INVALID", "buckets have a positive width and a finite range");
  }
  if (!(value >= min && value < max)) {
    throw new FieldsealError("VALUE_STRUCTURE_INVALID", "the value is outside the range of the buckets");
  }
  const index = Math.min(count - 1, Math.floor((value - min) / width));
  return String(index).padStart(String(count - 1).length, "0");
}

/**
 * The year, quarter or month of a date `YYYY-MM-DD`, as text that sorts like the dates.
 * Leaks exactly that, and how many dates lie in each.
 *
 * @throws {FieldsealError} `VALUE_STRUCTURE_INVALID` for what is no date.
 *
 * @example
 * ```ts
 * import { dateBucket } from "@fieldseal/tokenizer";
 * dateBucket("2026-11-22", "quarter"); // "2026-Q4"
 * ```
 */
export function dateBucket(date: string, unit: "year" | "quarter" | "month"): string {
  if (daysOf(date) === null) throw new FieldsealError("VALUE_STRUCTURE_INVALID", "takes dates as YYYY-MM-DD");
  if (unit === "year") return date.slice(0, 4);
  return unit === "month" ? date.slice(0, 7) : `${date.slice(0, 4)}-Q${Math.ceil(Number(date.slice(5, 7)) / 3)}`;
}

/**
 * `bucket`, a dot, and the hash of the whole value: sorts by bucket, and tells equal values from others within it.
 * Leaks what the bucket leaks, and which values are equal; with the key, or with many buckets, small sets of values can
 * be found by trying.
 *
 * @throws {FieldsealError} `TOKEN_KEY_INVALID`
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { dateBucket, prefixToken } from "@fieldseal/tokenizer";
 * const token = prefixToken("2026-11-22", dateBucket("2026-11-22", "month"), { key: randomBytes(32), field: "birth" });
 * ```
 */
export function prefixToken(value: string, bucket: string, options: HashOptions): string {
  return `${bucket}.${hash(value, options)}`;
}
