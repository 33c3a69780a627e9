// Text that came from outside and looks like an envelope (docs/wire-format.md, Envelopes that arrive from outside). Pure.

import type { Codec, Scan } from "@fieldseal/core/body";
import { holdsEnvelopeLike, holdsSealedText } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy, Route } from "@fieldseal/core/policy";
import type { SelectedField } from "./select-fields.ts";

export interface ForeignSearch {
  readonly bytes: Uint8Array;
  readonly scan: Scan;
  readonly codec: Codec;
  readonly policy: Policy;
  readonly route: Route;
  readonly fields: readonly SelectedField[];
}

/**
 * Refuses a body that brings its own envelopes, in values or in names, as the route says.
 *
 * @throws {FieldsealError} `FOREIGN_ENVELOPE` with the offset.
 */
export function refuseForeignEnvelopes({ bytes, scan, codec, policy, route, fields }: ForeignSearch): void {
  if (route.onForeignEnvelope === "allow") return;
  let next = 0;
  for (const text of scan.longTexts) {
    while (next < fields.length && fields[next]!.match.end <= text.start) next++;
    if (route.onForeignEnvelope === "encrypt" && isSealed(fields[next], text)) continue;
    const decoded = text.escaped ? codec.decodeText(bytes, text).bytes : bytes.subarray(text.start, text.end);
    if (looksSealed(decoded, policy)) {
      throw new FieldsealError("FOREIGN_ENVELOPE", "the body already holds text that looks like an envelope", {
        offset: text.start,
      });
    }
  }
}

function isSealed(field: SelectedField | undefined, text: { readonly start: number; readonly end: number }): boolean {
  if (field?.rule.action.kind !== "encrypt") return false;
  return field.match.start <= text.start && text.end <= field.match.end;
}

/** True for text near enough to any format that the policy writes or reads. */
export function looksSealed(decoded: Uint8Array, { keys, directPairs }: Policy): boolean {
  return holdsEnvelopeLike(decoded) || holdsSealedText(decoded, keys, directPairs);
}
