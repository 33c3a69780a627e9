// `--content-type`: what is no media type at all is wrong usage, before anything is read. Pure.
import { usageError } from "./errors/usage-error.ts";

/** @throws {FieldsealError} `USAGE_INVALID` */
export function checkMediaType(contentType: string): void {
  if (!/^[^/;,\s]+\/[^/;,\s]+/.test(contentType)) {
    throw usageError("--content-type expects a media type, such as application/json");
  }
}
