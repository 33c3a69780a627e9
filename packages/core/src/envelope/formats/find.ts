// The sealed values in a text, of every format that a reader is set up for. Pure.
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
}

/**
 * Finds sealed values, in the order of the text and without overlap.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED`, `ENVELOPE_VERSION_UNSUPPORTED`, `ENVELOPE_ALG_MISMATCH`.
 */
export function findSealed(text: Uint8Array, { hasKid, direct, cloudfrontNative }: FormatSettings): FoundValue[] {
  const whole = cloudfrontNative.length === 0 ? null : readCloudFrontNative(text, cloudfrontNative);
  if (whole !== null) return [{ value: whole, start: 0, end: text.length }];
  const native = findNative(text);
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
