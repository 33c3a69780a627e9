// Values in the JSON that the AWS command line prints. Members that are absent read as undefined: AWS leaves out what is
// not set, and adds members over time. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value at the end of `names`; undefined where one of them is missing. */
export function valueAt(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value);
}

/** The string at the end of `names`; empty where there is none. */
export function textAt(value: unknown, ...names: readonly string[]): string {
  const found = valueAt(value, ...names);
  return typeof found === "string" ? found : "";
}

/** The list at the end of `names`, or the `Items` of the list that CloudFront writes with a `Quantity`. */
export function listAt(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...names);
  const list = isObject(found) ? found.Items : found;
  return Array.isArray(list) ? list : [];
}

/** One or several strings, which IAM may write without a list. */
export function textsAt(value: unknown, ...names: readonly string[]): string[] {
  const found = valueAt(value, ...names);
  return (Array.isArray(found) ? found : [found]).filter((text) => typeof text === "string");
}

/**
 * The object at `names`.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` where the file holds something else.
 */
export function objectAt(value: unknown, command: string, ...names: readonly string[]): JsonObject {
  const found = valueAt(value, ...names);
  if (isObject(found)) return found;
  throw new FieldsealError("CONFIG_INVALID", `this is not what \`${command}\` prints`, {
    hint: `write the file with \`${command} --output json\``,
    // Of the whole file: so the message names it.
    pointer: "",
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
