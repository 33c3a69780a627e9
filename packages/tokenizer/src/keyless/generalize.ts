// Values made coarser: many share one result, and none comes back. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { checkWholeNumber } from "../whole-number.ts";

/**
 * The band of `width` years that an age lies in, as `40-49`; from `top` on `90+`, for old ages are rare.
 *
 * @throws {FieldsealError} `VALUE_STRUCTURE_INVALID` for what is no age from 0 to 150; `CONFIG_INVALID` for a width.
 *
 * @example
 * ```ts
 * import { ageBand } from "@fieldseal/tokenizer";
 * ageBand(42); // "40-49"
 * ```
 */
export function ageBand(age: number, { width = 10, top = 90 }: { width?: number; top?: number } = {}): string {
  checkWholeNumber("width", width, 1);
  if (!(age >= 0 && age <= 150)) throw invalid("an age is from 0 to 150 years");
  if (age >= top) return `${top}+`;
  const low = Math.floor(age / width) * width;
  return `${low}-${Math.min(low + width, top) - 1}`;
}

/**
 * The first `keep` characters of a postcode, without spaces and dashes, in upper case: an area instead of a street.
 *
 * @throws {FieldsealError} `VALUE_TOO_SHORT` where nothing would be left out; `CONFIG_INVALID` for a `keep` below 0.
 *
 * @example
 * ```ts
 * import { postcodePrefix } from "@fieldseal/tokenizer";
 * postcodePrefix("SW1A 1AA", 4); // "SW1A"
 * ```
 */
export function postcodePrefix(postcode: string, keep: number): string {
  checkWholeNumber("keep", keep, 0);
  const characters = Array.from(postcode.replace(/[\s-]/g, "").toUpperCase());
  if (characters.length <= keep) throw new FieldsealError("VALUE_TOO_SHORT", "a postcode is longer than its prefix");
  return characters.slice(0, keep).join("");
}

/** What numbers can be written with. */
const mostDecimals = 100;

/** A place on Earth in degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Coordinates to `decimals` decimals: 2 is about a kilometre, 1 eleven, 0 a hundred.
 *
 * @throws {FieldsealError} `VALUE_STRUCTURE_INVALID` for what is no place on Earth; `CONFIG_INVALID` for `decimals`.
 *
 * @example
 * ```ts
 * import { coarseCoordinates } from "@fieldseal/tokenizer";
 * coarseCoordinates({ latitude: 51.50135, longitude: -0.14189 }, 2); // { latitude: 51.5, longitude: -0.14 }
 * ```
 */
export function coarseCoordinates({ latitude, longitude }: Coordinates, decimals: number): Coordinates {
  checkWholeNumber("decimals", decimals, 0, mostDecimals);
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) throw invalid("not a place on Earth");
  return { latitude: Number(latitude.toFixed(decimals)), longitude: Number(longitude.toFixed(decimals)) };
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("VALUE_STRUCTURE_INVALID", message);
}
