// Whether a body that a caller in JavaScript gives is one: what no route is found for would come back in clear. Pure.
import { checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import type { Context } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";

/** A request body and what routes look at. */
export interface BodyToEncrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** Default POST. */
  readonly method?: string;
  /** Path without query; default `/`. */
  readonly path?: string;
  /** Context values, for keys that the policy draws from headers or path and for keys of the caller's own. */
  readonly context?: Context;
}

const memberNames: Readonly<Record<keyof BodyToEncrypt, true>> = {
  bytes: true,
  mediaType: true,
  method: true,
  path: true,
  context: true,
};
const ofBody: Named = { what: "a body to encrypt", names: memberNames, code: "CONFIG_INVALID" };

/** @throws {FieldsealError} `CONFIG_INVALID` for members that there are not, or of another kind. */
export function checkBody(body: BodyToEncrypt): void {
  refuseUnknownNames(body, ofBody);
  const { bytes, mediaType, method = "POST", path = "/", context = {} } = body;
  if (!(bytes instanceof Uint8Array) || (bytes.buffer as ArrayBuffer).detached) {
    throw invalid("bytes is no Uint8Array, or its memory was transferred");
  }
  // Requests of fetch have null for a header that is absent.
  if (typeof (mediaType ?? "") !== "string") throw invalid("mediaType is no text");
  checkTexts({ method });
  if (typeof path !== "string" || !/^\/[^?#]*$/.test(path)) {
    throw invalid("path begins with a slash: it is that of a URL, without its host and its query");
  }
  if (typeof context !== "object" || context === null || Symbol.iterator in context) {
    throw invalid("context is an object that has texts by key");
  }
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("CONFIG_INVALID", message);
}
