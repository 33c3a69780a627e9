// The XML declaration (XML 1.0 section 2.8): version 1.x, encoding UTF-8 or US-ASCII. Pure.
import { malformedIn } from "./malformed.ts";
import { charsetUnsupported } from "./media-type.ts";
import { byteText } from "./name-keys.ts";

const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])1\.[0-9]+\1(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])([A-Za-z][A-Za-z0-9._-]*)\2)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\4)?[ \t\r\n]*\?>$/;
const maxLength = 256;

/**
 * Offset behind the declaration that a document may begin with; `at` where there is none.
 *
 * @throws {FieldsealError} `BODY_MALFORMED`, and `CHARSET_UNSUPPORTED` for another encoding.
 */
export function declarationEnd(bytes: Uint8Array, at: number, end: number): number {
  const text = byteText(bytes.subarray(at, Math.min(end, at + maxLength)));
  if (!/^<\?xml[ \t\r\n]/.test(text)) return at;
  const stop = text.indexOf("?>") + 2;
  const found = declaration.exec(text.slice(0, stop));
  if (found === null) throw malformedIn("XML")(at);
  if (!/^(?:utf-?8|us-ascii|)$/i.test(found[3] ?? "")) throw charsetUnsupported();
  return at + stop;
}
