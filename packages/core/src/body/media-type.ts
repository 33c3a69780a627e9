// Content-Type (RFC 9110 section 8.3.1), parsed strictly: one value, no repeated parameter. Pure.
import { FieldsealError } from "../errors/index.ts";

export interface MediaType {
  /** `type/subtype`, lower case. */
  readonly essence: string;
  /** Parameters by lower-case name; values unquoted. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
// Without escapes: readers differ about them.
const quoted = /"([\t \x21\x23-\x5b\x5d-\x7e]*)"/y;
const maxLength = 1024;

/**
 * Parses the value of a Content-Type header.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_MISSING` when empty, `MEDIA_TYPE_MISMATCH` when malformed, repeated or too long,
 * `CHARSET_UNSUPPORTED` for a charset other than UTF-8, US-ASCII, and ISO-8859-1, which `textCheck` holds to ASCII.
 */
export function parseMediaType(value: string): MediaType {
  const text = value.trim();
  if (text === "") throw new FieldsealError("MEDIA_TYPE_MISSING", "the request has no media type");
  if (text.length > maxLength) throw malformed();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const skip = (): void => {
    while (text[at] === " " || text[at] === "\t") at++;
  };
  const type = take(token);
  if (type === null || text[at++] !== "/") throw malformed();
  const subtype = take(token);
  if (subtype === null) throw malformed();
  const parameters = new Map<string, string>();
  for (;;) {
    skip();
    if (at === text.length) break;
    if (text[at++] !== ";") throw malformed();
    skip();
    if (at === text.length) break;
    if (text[at] === ";") continue;
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined || text[at++] !== "=") throw malformed();
    const parameter = take(quoted)?.[1] ?? take(token)?.[0];
    if (parameter === undefined || parameters.has(name)) throw malformed();
    parameters.set(name, parameter);
  }
  if (!/^(?:utf-?8|us-ascii|iso-8859-1)$/i.test(parameters.get("charset") ?? "utf-8")) throw charsetUnsupported();
  return { essence: `${type[0]}/${subtype[0]}`.toLowerCase(), parameters };
}

/** The error for text that is not what its readers would agree on. */
export function charsetUnsupported(): FieldsealError {
  return new FieldsealError("CHARSET_UNSUPPORTED", "the text is neither UTF-8 nor US-ASCII", {
    hint: "declare and send UTF-8",
  });
}

function malformed(): FieldsealError {
  return new FieldsealError("MEDIA_TYPE_MISMATCH", "the media type is not one well-formed Content-Type value");
}
