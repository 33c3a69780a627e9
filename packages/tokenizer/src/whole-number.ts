// Numbers that say how much of a value stays, or how much one may have: a negative one, or none, would bound nothing. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** @throws {FieldsealError} `CONFIG_INVALID` unless `number` is an integer from `min` on, up to `max`. */
export function checkWholeNumber(
  name: string,
  number: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(number) && number >= min && number <= max) return;
  const end = max === Number.MAX_SAFE_INTEGER ? "on" : `to ${max}`;
  throw new FieldsealError("CONFIG_INVALID", `${name} is an integer from ${min} ${end}`);
}
