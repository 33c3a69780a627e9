// What a decryptor works with: a clock, whoever asks. In JavaScript nothing else says that one of them is none. Pure.
import type { Who } from "@fieldseal/core/access";
import { checkFunctions } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";

/** The clock, of which each time is checked. @throws {FieldsealError} `CONFIG_INVALID` for what cannot be called. */
export function clockOf(now: () => Date): () => Date {
  checkFunctions({ now });
  return () => {
    const time = now();
    if (time instanceof Date) return time;
    throw new FieldsealError("CONFIG_INVALID", "now must give a Date");
  };
}

/** @throws {FieldsealError} `CONFIG_INVALID` for who is nobody that rules could be about. */
export function checkWho(who: Who): void {
  if (!isObject(who)) throw invalid("who asks must be an object");
  const { principal = "", purpose = "", requestId = "", claims = {} } = who;
  for (const [name, text] of Object.entries({ principal, purpose, requestId })) {
    if (typeof text !== "string") throw invalid(`the ${name} of who asks must be a text`);
  }
  if (!isObject(claims)) throw invalid("the claims of who asks must be an object");
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("CONFIG_INVALID", message);
}
