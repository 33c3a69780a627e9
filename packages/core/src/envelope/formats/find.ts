// The sealed values in a text, of every format that a reader is set up for. Pure.
import type { LastWrapped } from "../syntax.ts";
import { type CloudFrontNativeKey, readCloudFrontNative } from "./cloudfront-native.ts";
import { type DirectPair, findDirect } from "./direct.ts";
import { findJwe } from "./jwe.ts";
import { findNative } from "./native.ts";
import type { FoundValue } from "./sealed-value.ts";

/** What a reader looks for besides native envelopes. */
export interface FormatSettings {
  readonly hasKid: (kid: string) => boolean;
  readonly direct: readonly DirectPair[];
  readonly cloudfrontNative: readonly CloudFrontNativeKey[];
  /** Of the texts of one record. */
  readonly lastWrapped?: LastWrapped;
}

/**
 * Finds sealed values, in the order of the text and without overlap.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`, `ENVELOPE_ALG_MISMATCH`.
 */
export function findSealed(text: Uint8Array, settings: FormatSettings): FoundValue[] {
  const { hasKid, direct, cloudfrontNative, lastWrapped } = settings;
  const whole = cloudfrontNative.length === 0 ? null : readCloudFrontNative(text, cloudfrontNative);
  if (whole !== null) return [{ value: whole, start: 0, end: text.length }];
  const native = findNative(text, lastWrapped);
  // An envelope that is all of the text leaves no room for others.
  if (native[0]?.start === 0 && native[0].end === text.length) return native;
  const others = [...findJwe(text, hasKid), ...findDirect(text, direct)];
  if (others.length === 0) return native;
  const found = [...native, ...others];
  found.sort((a, b) => a.start - b.start);
  let end = 0;
  return found.filter((one) => {
    const isFree = one.start >= end;
    if (isFree) end = one.end;
    return isFree;
  });
}
