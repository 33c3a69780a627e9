// The actions that leave something readable: mask, round, tokenize. One value in, its replacement out. Pure.
import { mask } from "@fieldseal/core/access";
import { type ValueCodec, ValueKind } from "@fieldseal/core/body";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { refusal } from "./refusal.ts";
import { roundDecimal } from "./round-decimal.ts";
import type { SelectedField } from "./select-fields.ts";

/**
 * The text of a scalar that an action is applied to.
 *
 * @throws {FieldsealError} `FIELD_SHAPE_MISMATCH` for an object, an array or markup.
 */
export function scalarText({ rule, match }: SelectedField, body: Uint8Array, codec: ValueCodec): string {
  const isContainer = match.kind === ValueKind.object || match.kind === ValueKind.array;
  const text = isContainer ? null : codec.decodeValue(body.subarray(match.start, match.end));
  if (text === null) {
    throw refusal("FIELD_SHAPE_MISMATCH", `"${rule.action.kind}" is for single values`, rule, match.start);
  }
  return text;
}

/**
 * What `mask`, `round` or `tokenize` (given its token) makes of a value, spelled for its container.
 *
 * @throws {FieldsealError} `FIELD_SHAPE_MISMATCH` where the value is not one that the action is for.
 */
export function changeValue(
  field: SelectedField,
  body: Uint8Array,
  codec: ValueCodec,
  token: string | undefined,
): Uint8Array {
  const { rule, match } = field;
  const text = scalarText(field, body, codec);
  const changed = changedText(field, text, token);
  if (changed === text) return body.subarray(match.start, match.end);
  const asNumber = match.kind === ValueKind.scalar ? utf8Bytes(changed) : null;
  if (asNumber !== null && codec.isValue(asNumber)) return asNumber;
  const spelled = codec.encodeValue(changed);
  if (spelled === null)
    throw refusal("FIELD_SHAPE_MISMATCH", "the container cannot hold the result", rule, match.start);
  return spelled;
}

function changedText({ rule, match }: SelectedField, text: string, token: string | undefined): string {
  if (token !== undefined) return token;
  if (rule.action.kind === "mask") return mask(text, rule.action.keepLast);
  const rounded = rule.action.kind === "round" ? roundDecimal(text, rule.action.decimals) : null;
  if (rounded === null) throw refusal("FIELD_SHAPE_MISMATCH", '"round" is for decimal numbers', rule, match.start);
  return rounded;
}
