// Text that came from outside and looks like an envelope (docs/wire-format.md, Envelopes that arrive from outside). Pure.
import type { Codec, Scan } from "@fieldseal/core/body";
import { holdsEnvelopeLike } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Route } from "@fieldseal/core/policy";
import type { SelectedField } from "./select-fields.ts";

/**
 * Refuses a body that brings its own envelopes, in values or in names, as the route says.
 *
 * @throws {FieldsealError} `FOREIGN_ENVELOPE` with the offset.
 */
export function refuseForeignEnvelopes(
  body: Uint8Array,
  scan: Scan,
  codec: Codec,
  route: Route,
  fields: readonly SelectedField[],
): void {
  if (route.onForeignEnvelope === "allow") return;
  let next = 0;
  for (const text of scan.longTexts) {
    while (next < fields.length && fields[next]!.match.end <= text.start) next++;
    const field = fields[next];
    const isSealed =
      field?.rule.action.kind === "encrypt" && field.match.start <= text.start && text.end <= field.match.end;
    if (isSealed && route.onForeignEnvelope === "encrypt") continue;
    const decoded = text.escaped ? codec.decodeText(body, text).bytes : body.subarray(text.start, text.end);
    if (holdsEnvelopeLike(decoded)) {
      throw new FieldsealError("FOREIGN_ENVELOPE", "the body already holds text that looks like an envelope", {
        offset: text.start,
      });
    }
  }
}
