// The two encodings of a body in an event (CloudFront guide, "Lambda@Edge event structure"). Pure.
import { Buffer } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * The bytes of a body.
 *
 * @throws {FieldsealError} `BODY_ENCODING_INVALID` for another encoding, or data that is not spelled in it.
 */
export function decodeBody(data: string, encoding: string): Uint8Array {
  if (encoding === "text") return Buffer.from(data, "utf8");
  if (encoding === "base64" && typeof data === "string") {
    const bytes = Buffer.from(data, "base64");
    if (isSpelling(data, bytes)) return bytes;
  }
  throw new FieldsealError("BODY_ENCODING_INVALID", "the body of the event is not the encoding it claims");
}

/**
 * True where `data`, from which `bytes` were decoded, is what they encode to. The decoder skips whatever is no base64,
 * which leaves fewer bytes than the length promises; it also takes the URL alphabet, characters beyond Latin-1 by their
 * low byte, and bits behind the last byte.
 */
function isSpelling(data: string, bytes: Buffer): boolean {
  const padding = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0;
  if (data.length % 4 !== 0 || bytes.length !== (data.length / 4) * 3 - padding) return false;
  if (data.includes("-") || data.includes("_") || Buffer.byteLength(data) !== data.length) return false;
  return data.endsWith(bytes.subarray(padding - 3).toString("base64"));
}
