// Text near enough to a sealed value of any format to be taken for one (docs/wire-format.md, WF-32). Pure, linear.
import { FieldsealError } from "../../errors/index.ts";
import { holdsEnvelopeLike } from "../syntax.ts";
import { readCloudFrontNative } from "./cloudfront-native.ts";
import type { FormatSettings } from "./find.ts";
import { holdsSealedText } from "./holds-sealed-text.ts";

/** True where a decoded text or name holds something like a sealed value. */
export function looksSealed(text: Uint8Array, { hasKid, direct, cloudfrontNative }: FormatSettings): boolean {
  if (holdsEnvelopeLike(text)) return true;
  if (cloudfrontNative.length > 0 && isCloudFrontNative(text, cloudfrontNative)) return true;
  return holdsSealedText(text, { has: hasKid }, direct);
}

/** A message of a configured key is one even where it is malformed. */
function isCloudFrontNative(text: Uint8Array, keys: FormatSettings["cloudfrontNative"]): boolean {
  try {
    return readCloudFrontNative(text, keys) !== null;
  } catch (error) {
    if (error instanceof FieldsealError) return true;
    throw error;
  }
}
