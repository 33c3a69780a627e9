// What a reader looks for in one record, and how many data keys it may find. Pure.
import type { FormatSettings } from "@fieldseal/core/envelope";
import { createLastWrapped } from "./last-wrapped.ts";
import type { Reader } from "./options.ts";
import type { Placement } from "./placement.ts";

const defaultMaxDataKeys = 32;
const maxOwnDataKeys = 2000;

/** The formats of a reader and of the policy that tells a record's places. */
export function formatSettings({ keys, direct, cloudfrontNative }: Reader, placement: Placement): FormatSettings {
  const known = new Set(direct.map(({ prefix }) => prefix));
  return {
    hasKid: (kid) => keys.find(kid) !== undefined,
    direct: [...direct, ...placement.direct.filter(({ prefix }) => !known.has(prefix))],
    cloudfrontNative,
    lastWrapped: createLastWrapped(),
  };
}

/** Most data keys of one record: more only where each of its values has one of its own. */
export function maxDataKeys(reader: Reader, placement: Placement): number {
  const hasOwn = reader.direct.length > 0 || reader.cloudfrontNative.length > 0;
  const own = Math.max(placement.ownDataKeys, hasOwn ? maxOwnDataKeys : 0);
  return reader.maxDataKeysPerRecord ?? Math.max(defaultMaxDataKeys, own);
}
