// The caller's context as canonical bytes (docs/wire-format.md, AAD). Pure.
import { lengthPrefixed, utf8Bytes, writeAscii, writeLength, writeLengthPrefixed } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";

/** What an envelope is bound to besides its header: tenant, record id, application. Not secret, not in the envelope. */
export type Context = Readonly<Record<string, string>>;

const noPairs: Uint8Array = new Uint8Array(2);
export const maxContextPairs = 16;
const maxValueBytes = 256;
export const contextKeySyntax: RegExp = /^[a-z0-9_-]{1,64}$/;

/**
 * u16 count || (lp(key) lp(value))*, keys in byte order.
 *
 * @throws {FieldsealError} `CONTEXT_INVALID` for more than 16 pairs, a key outside `[a-z0-9_-]{1,64}`, or a value that
 * is not 1 to 256 bytes of well-formed text.
 */
export function encodeContext(context: Context): Uint8Array {
  const keys = Object.keys(context).sort();
  if (keys.length === 0) return noPairs;
  if (keys.length > maxContextPairs)
    throw new FieldsealError("CONTEXT_INVALID", `the context has more than ${maxContextPairs} pairs`);
  const values: Uint8Array[] = [];
  let length = noPairs.length;
  for (const key of keys) {
    if (!contextKeySyntax.test(key))
      throw new FieldsealError("CONTEXT_INVALID", "a context key is not 1 to 64 of a-z, 0-9, _ and -");
    const text = context[key]!;
    const value = utf8Bytes(text);
    if (value.length < 1 || value.length > maxValueBytes || !text.isWellFormed()) {
      throw new FieldsealError(
        "CONTEXT_INVALID",
        `the value of context key "${key}" is not 1 to ${maxValueBytes} bytes of text`,
      );
    }
    values.push(value);
    length += lengthPrefixed(key.length) + lengthPrefixed(value.length);
  }
  const out = new Uint8Array(length);
  out[1] = keys.length;
  let at = noPairs.length;
  for (const [index, key] of keys.entries()) {
    at = writeAscii(key, out, writeLength(key.length, out, at));
    at = writeLengthPrefixed(values[index]!, out, at);
  }
  return out;
}
