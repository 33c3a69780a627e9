// Reads members of a JSON 1.1 request as the service model constrains them, with AWS's validation errors. Pure.
// Messages name the member and the constraint; unlike AWS they never repeat the value.
import { AwsError, validationError } from "./aws-error.ts";

/** A JSON object as it came in or goes out. */
export type JsonObject = { readonly [member: string]: unknown };

/** Lengths allowed, both ends included. */
export interface Length {
  readonly min?: number;
  readonly max: number;
}

/** A string that must be there. */
export function requiredString(input: JsonObject, member: string, length: Length): string {
  return optionalString(input, member, length) ?? missing(member);
}

/** A string that may be absent. */
export function optionalString(input: JsonObject, member: string, { min = 1, max }: Length): string | undefined {
  const value = read(input, member);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw wrongType(member, "String");
  checkLength(member, value.length, min, max);
  return value;
}

/** One of the model's enum values. */
export function optionalEnum<T extends string>(input: JsonObject, member: string, values: readonly T[]): T | undefined {
  const value = optionalString(input, member, { min: 0, max: 2048 });
  if (value === undefined) return undefined;
  const known = values.find((candidate) => candidate === value);
  if (known === undefined) throw constraint(member, `Member must satisfy enum value set: [${values.join(", ")}]`);
  return known;
}

/** One of the model's enum values that must be there. */
export function requiredEnum<T extends string>(input: JsonObject, member: string, values: readonly T[]): T {
  return optionalEnum(input, member, values) ?? missing(member);
}

/** Base64 bytes that must be there; an empty blob breaks the minimum of one. */
export function requiredBlob(input: JsonObject, member: string, { min = 1, max }: Length): Buffer {
  const value = read(input, member);
  if (value === undefined) return missing(member);
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw wrongType(member, "Blob");
  const bytes = Buffer.from(value, "base64");
  checkLength(member, bytes.length, min, max);
  return bytes;
}

/** A whole number in a range. */
export function optionalInteger(input: JsonObject, member: string, min: number, max: number): number | undefined {
  const value = read(input, member);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(member, "Integer");
  if (value < min) throw constraint(member, `Member must have value greater than or equal to ${min}`);
  if (value > max) throw constraint(member, `Member must have value less than or equal to ${max}`);
  return value;
}

/** A whole number in a range that must be there. */
export function requiredInteger(input: JsonObject, member: string, min: number, max: number): number {
  return optionalInteger(input, member, min, max) ?? missing(member);
}

/** A boolean; absent is false. */
export function optionalBoolean(input: JsonObject, member: string): boolean {
  const value = read(input, member) ?? false;
  if (typeof value !== "boolean") throw wrongType(member, "Boolean");
  return value;
}

/** A map of strings to strings, in the order of the request. */
export function optionalStringMap(input: JsonObject, member: string): ReadonlyMap<string, string> {
  const value = read(input, member) ?? {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(member, "Map");
  const entries = Object.entries(value as object);
  if (entries.some(([, text]) => typeof text !== "string")) throw wrongType(member, "Map of String");
  return new Map(entries);
}

/** How many elements a list has; absent is none. */
export function listLength(input: JsonObject, member: string): number {
  const value = read(input, member) ?? [];
  if (!Array.isArray(value)) throw wrongType(member, "List");
  return value.length;
}

/** A list of structures that must be there. */
export function listOfObjects(input: JsonObject, member: string, { min = 1, max }: Length): readonly JsonObject[] {
  const value = read(input, member);
  if (value === undefined) return missing(member);
  if (!Array.isArray(value) || value.some((one) => typeof one !== "object" || one === null || Array.isArray(one))) {
    throw wrongType(member, "List of Structure");
  }
  checkLength(member, value.length, min, max);
  return value as JsonObject[];
}

/** Whether a member was given at all. */
export function isGiven(input: JsonObject, member: string): boolean {
  return read(input, member) !== undefined;
}

function read(input: JsonObject, member: string): unknown {
  return Object.hasOwn(input, member) ? (input[member] ?? undefined) : undefined;
}

function missing(member: string): never {
  throw validationError(
    `1 validation error detected: Value null at '${camel(member)}' failed to satisfy constraint: Member must not be null`,
  );
}

function constraint(member: string, text: string): AwsError {
  return validationError(
    `1 validation error detected: Value at '${camel(member)}' failed to satisfy constraint: ${text}`,
  );
}

function checkLength(member: string, length: number, min: number, max: number): void {
  if (length < min) throw constraint(member, `Member must have length greater than or equal to ${min}`);
  if (length > max) throw constraint(member, `Member must have length less than or equal to ${max}`);
}

function wrongType(member: string, type: string): AwsError {
  return new AwsError("SerializationException", `${camel(member)} cannot be read as ${type}`);
}

function camel(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
