// Settings that are one word of several, yes or no, a text, a function, a list or an object. Pure.
import { FieldsealError } from "../errors/index.ts";

/**
 * Refuses words that there are not: in JavaScript a misspelt one would stand for the most lenient.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless `choice` is one of `choices`.
 */
export function checkChoice<T extends string>(name: string, choice: T, choices: readonly T[]): void {
  if (choices.includes(choice)) return;
  const words = choices.map((one) => JSON.stringify(one)).join(" or ");
  throw new FieldsealError("CONFIG_INVALID", `${name} must be ${words}`);
}

/**
 * Refuses what is neither yes nor no: `null` of a variable that is not set would be no, and "false" yes.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless `flag` is a boolean.
 */
export function checkFlag(name: string, flag: boolean): void {
  if (typeof flag !== "boolean") throw new FieldsealError("CONFIG_INVALID", `${name} must be true or false`);
}

/**
 * Refuses texts that are missing or empty.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`
 */
export function checkTexts(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text === "string" && text !== "") continue;
    throw new FieldsealError("CONFIG_INVALID", `${name} must be a text that is not empty`);
  }
}

/**
 * Refuses what cannot be called: nobody would be told, or only the first call would find out.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless each that is given is a function.
 */
export function checkFunctions(functions: Readonly<Record<string, unknown>>): void {
  for (const [name, one] of Object.entries(functions)) {
    if (one === undefined || typeof one === "function") continue;
    throw new FieldsealError("CONFIG_INVALID", `${name} must be a function`);
  }
}

/** @throws {FieldsealError} `CONFIG_INVALID` unless each is an array. */
export function checkArrays(arrays: Readonly<Record<string, unknown>>): void {
  for (const [name, one] of Object.entries(arrays)) {
    if (!Array.isArray(one)) throw new FieldsealError("CONFIG_INVALID", `${name} must be an array`);
  }
}

/**
 * Refuses what has no members by name.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless each is an object, and neither an array nor a promise of one.
 */
export function checkObjects(objects: Readonly<Record<string, unknown>>): void {
  for (const [name, one] of Object.entries(objects)) {
    if (typeof one === "object" && one !== null && !Array.isArray(one) && !(one instanceof Promise)) continue;
    const hint = one instanceof Promise ? { hint: "await it first" } : {};
    throw new FieldsealError("CONFIG_INVALID", `${name} must be an object`, hint);
  }
}
