// United States social security numbers (SSA) and taxpayer numbers (IRS), told by structure: neither has a check digit. Pure.

const layout = /^([0-9]{3})([ -]?)([0-9]{2})\2([0-9]{4})$/;

// Printed in advertisements and forms, and void ever since.
const neverValid: ReadonlySet<string> = new Set(["078051120", "219099999"]);

/**
 * True when `text` is nine digits, bare or as `ddd-dd-dddd` or `ddd dd dddd`, that the SSA could have issued: area not 000, 666 or 900-999, group not 00, serial not 0000, not one digit repeated.
 * Nine bare digits are weak evidence: ask for context as well.
 *
 * @example
 * ```ts
 * import { isUsSsn } from "@fieldseal/core/identifiers";
 * const found: boolean = isUsSsn("536-90-4399");
 * ```
 */
export function isUsSsn(text: string): boolean {
  const [, area, , group, serial] = layout.exec(text) ?? [];
  if (area === undefined || group === undefined || serial === undefined) return false;
  if (area === "000" || area === "666" || area >= "900" || group === "00" || serial === "0000") return false;
  const digits = area + group + serial;
  return !neverValid.has(digits) && digits !== digits[0]!.repeat(9);
}

/**
 * True when `text` is an individual taxpayer identification number, spelled like an SSN: area 900-999, group 50-65, 70-88, 90-92 or 94-99.
 *
 * @example
 * ```ts
 * import { isUsItin } from "@fieldseal/core/identifiers";
 * const found: boolean = isUsItin("912-70-1234");
 * ```
 */
export function isUsItin(text: string): boolean {
  const [, area, , groupText] = layout.exec(text) ?? [];
  if (area === undefined || area < "900") return false;
  const group = Number(groupText);
  return group >= 50 && !(group > 65 && group < 70) && group !== 89 && group !== 93;
}
