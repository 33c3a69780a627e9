// Which members there are of what a decryptor is asked to open. Pure.
import { checkFlag, checkTexts, type Named } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyToDecrypt } from "./body-record.ts";
import type { FieldPlace, TextPlace } from "./text-record.ts";

const ofBodies: Readonly<Record<keyof BodyToDecrypt, true>> = {
  bytes: true,
  mediaType: true,
  context: true,
  expect: true,
  expectDataKeys: true,
  sameDataKey: true,
  onFieldError: true,
  onDenied: true,
};
const ofTexts: Readonly<Record<keyof TextPlace, true>> = { fields: true, context: true, expect: true };
const ofFields: Readonly<Record<keyof FieldPlace, true>> = { field: true, context: true, expect: true };

/** Without `expect` and pins envelopes open wherever they stand: misspelt ones must not be passed over. */
export const ofBody: Named = { what: "a body to decrypt", names: ofBodies, code: "CONFIG_INVALID" };
export const ofTextPlace: Named = { what: "the place of a text", names: ofTexts, code: "CONFIG_INVALID" };
export const ofFieldPlace: Named = { what: "the place of a field", names: ofFields, code: "CONFIG_INVALID" };

/** @throws {FieldsealError} `CONFIG_INVALID` for pins that would pin nothing, such as `null` of a column without a value */
export function checkPins({ expectDataKeys = {}, sameDataKey = false }: BodyToDecrypt): void {
  checkFlag("sameDataKey", sameDataKey);
  if (typeof expectDataKeys === "object" && expectDataKeys !== null && !Array.isArray(expectDataKeys)) return;
  throw new FieldsealError("CONFIG_INVALID", "expectDataKeys must have digests by key id");
}

/** In one text every part of a name would be a name. @throws {FieldsealError} `CONFIG_INVALID` */
export function checkText(text: string, { fields }: TextPlace): void {
  checkKind("what is to be opened", text);
  if (!Array.isArray(fields)) throw new FieldsealError("CONFIG_INVALID", "fields must be an array of names");
  for (const field of fields) checkTexts({ "a field's name": field });
}

/** A column without a value is null, and one of bytes is no text. @throws {FieldsealError} `CONFIG_INVALID` */
export function checkField(envelope: string, { field }: FieldPlace): void {
  checkKind("the envelope", envelope);
  checkTexts({ field });
}

function checkKind(what: string, text: unknown): void {
  if (typeof text !== "string") throw new FieldsealError("CONFIG_INVALID", `${what} must be a text`);
}
