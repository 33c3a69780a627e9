// What callers of a service ask of a tokenizer, read strictly. Pure.
import { type Place, readObject, readString } from "@fieldseal/core/config";
import type { TokenRequest } from "../scopes.ts";

/** A value or a token, and what it is tokenized for. */
export interface ReadText {
  readonly text: string;
  readonly request: TokenRequest;
}

const nameSyntax = { pattern: /^[^\p{Cc}\p{Cs}]{1,256}$/u, says: "1 to 256 printable characters" };
const names = ["field", "version", "subject"] as const;

/**
 * Reads `{ value, format, field?, version?, subject? }`, or `token` in the place of `value`. The tenant is none of it:
 * a host takes it from verified claims.
 *
 * @throws {FieldsealError} `REQUEST_INVALID`
 */
export function readText(place: Place, textName: "value" | "token"): ReadText {
  const { required, optional } = readObject(place, [textName, "format", ...names]);
  const text = readString(required(textName));
  const format = readString(required("format"), nameSyntax);
  const others = names.flatMap((name) => {
    const given = optional(name);
    return given === undefined ? [] : [[name, readString(given, nameSyntax)] as const];
  });
  return { text, request: { format, ...Object.fromEntries(others) } };
}
