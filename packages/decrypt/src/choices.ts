// Settings that are one word of several. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * Refuses words that there are not: in JavaScript a misspelt one would stand for the most lenient.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless `choice` is one of `choices`.
 */
export function checkChoice<T extends string>(name: string, choice: T, choices: readonly T[]): void {
  if (choices.includes(choice)) return;
  throw new FieldsealError("CONFIG_INVALID", `${name} must be ${choices.map((one) => `"${one}"`).join(" or ")}`);
}
