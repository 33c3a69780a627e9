// Text near enough to a sealed value of any format to be taken for one (docs/wire-format.md, WF-32). Pure, linear.
import { looseText } from "../../bytes/index.ts";
import { FieldsealError } from "../../errors/index.ts";
import { holdsEnvelopeLike } from "../syntax.ts";
import { readCloudFrontNative } from "./cloudfront-native.ts";
import type { FormatSettings } from "./find.ts";
import { holdsJweOf } from "./find-jwe.ts";

/** True where a decoded text or name holds something like a sealed value. */
export function looksSealed(text: Uint8Array, { hasKid, direct, cloudfrontNative }: FormatSettings): boolean {
  if (holdsEnvelopeLike(text)) return true;
  if (cloudfrontNative.length > 0 && isCloudFrontNative(text, cloudfrontNative)) return true;
  const characters = looseText(text);
  return holdsJweOf({ has: hasKid }, characters) || direct.some((pair) => holdsPair(characters, pair));
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

function holdsPair(text: string, { prefix, suffix }: FormatSettings["direct"][number]): boolean {
  const at = text.indexOf(prefix);
  return at >= 0 && text.includes(suffix, at + prefix.length);
}
