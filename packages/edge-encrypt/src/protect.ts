// From selected fields to edits, whose lengths are known before anything is sealed.
import {
  applyEdits,
  codecAt,
  type Edit,
  type Match,
  plainTokenOf,
  replacement,
  type ValueCodec,
} from "@fieldseal/core/body";
import { concat } from "@fieldseal/core/bytes";
import { changeValue } from "./change-value.ts";
import { directValue } from "./direct-value.ts";
import type { PlannedEnvelope, RequestSealer } from "./request/request-sealer.ts";
import type { SelectedField } from "./select-fields.ts";

export interface ProtectInput {
  readonly bytes: Uint8Array;
  readonly codec: ValueCodec;
  readonly sealer: RequestSealer;
  /** Tokens of the fields that are tokenized. */
  readonly tokens: ReadonlyMap<SelectedField, string>;
}

/** The edits of all fields, in order. */
export function protect(fields: readonly SelectedField[], input: ProtectInput): Edit[] {
  const removed: Match[] = [];
  const edits: Edit[] = [];
  for (const field of fields) {
    if (field.rule.action.kind === "remove") removed.push(field.match);
    else edits.push(editOf(field, input));
  }
  if (removed.length === 0) return edits;
  return [...edits, ...input.codec.remove(input.bytes, removed)].sort((a, b) => a.start - b.start);
}

function editOf(field: SelectedField, input: ProtectInput): Edit {
  const { start, end } = field.match;
  const { bytes, tokens, sealer } = input;
  const codec = codecAt(input.codec, field.match);
  const { action, name } = field.rule;
  if (action.kind !== "encrypt") return written(field.match, changeValue(field, bytes, codec, tokens.get(field)));
  const inner = protect(field.inner, input);
  let value = inner.length === 0 ? null : changedInside(field, bytes, inner);
  if (action.format.name === "direct") {
    const direct = directValue(field, action, codec, value ?? bytes.subarray(start, end));
    if (direct !== null) return written(field.match, direct);
  }
  let kind = codec.grammar;
  if (kind === "json-in-string") {
    // As a plain token wherever that comes back as it is: such an envelope means the same in any other place.
    value ??= bytes.subarray(start, end);
    const token = plainTokenOf(value);
    if (token !== null) [kind, value] = ["json", token];
  }
  const envelope = sealer.plan({ field: name, action, kind }, value?.length ?? end - start);
  return sealedEdit(field, codec, envelope, value === null ? [bytes, start, end] : [value, 0, value.length]);
}

/** The edit that writes `value` in the place of a match, for which room is made where it has none. */
function written({ start, end, room }: Match, value: Uint8Array): Edit {
  if (room === undefined || value.length === 0) return replacement(start, end, value);
  return replacement(room.start, room.end, concat([room.before, value, room.after]));
}

function sealedEdit(
  { match: { start, end, room } }: SelectedField,
  { quote }: ValueCodec,
  envelope: PlannedEnvelope,
  [value, valueStart, valueEnd]: readonly [Uint8Array, number, number],
): Edit {
  if (room !== undefined) {
    return {
      start: room.start,
      end: room.end,
      length: room.before.length + envelope.length + room.after.length,
      write: (out, at) => {
        out.set(room.before, at);
        out.set(room.after, envelope.write(value, valueStart, valueEnd, out, at + room.before.length));
      },
    };
  }
  const quotes = quote.length;
  return {
    start,
    end,
    length: envelope.length + 2 * quotes,
    write: (out, at) => {
      const after = envelope.write(value, valueStart, valueEnd, out, at + quotes);
      for (let i = 0; i < quotes; i++) out[at + i] = out[after + i] = quote.charCodeAt(i);
    },
  };
}

/** A value after the edits inside it. */
function changedInside(
  { match: { start, end } }: SelectedField,
  bytes: Uint8Array,
  edits: readonly Edit[],
): Uint8Array {
  const moved = edits.map(
    (edit): Edit => ({
      start: edit.start - start,
      end: edit.end - start,
      length: edit.length,
      write: (out, at) => edit.write(out, at),
    }),
  );
  return applyEdits(bytes.subarray(start, end), moved);
}
