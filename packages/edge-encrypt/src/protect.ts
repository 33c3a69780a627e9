// From selected fields to edits: their lengths are known before anything is drawn, wrapped or sealed.
import type { Codec, Edit } from "@fieldseal/core/body";
import type { FieldRule } from "@fieldseal/core/policy";
import type { RequestSealer, RuleSealer } from "./request/request-sealer.ts";
import type { SelectedField } from "./select-fields.ts";

export interface ProtectInput {
  readonly bytes: Uint8Array;
  readonly codec: Codec;
  readonly sealer: RequestSealer;
}

/** The edit of each field, in order. Keys are drawn and wrapped when the first of them is written. */
export function protect(fields: readonly SelectedField[], { bytes, codec, sealer }: ProtectInput): Edit[] {
  const sealers = new Map<FieldRule, RuleSealer>();
  for (const { rule } of fields) {
    if (!sealers.has(rule)) sealers.set(rule, sealer.fieldSealer(rule, codec.grammar));
  }
  const quote = codec.quote.length;
  return fields.map(({ rule, start, end }) => {
    const field = sealers.get(rule)!;
    const iv = field.reserve();
    return {
      start,
      end,
      length: field.length(end - start) + 2 * quote,
      write: (out, at) => {
        const after = field.seal(iv, bytes, start, end, out, at + quote);
        if (quote === 1) out[at] = out[after] = codec.quote.charCodeAt(0);
      },
    };
  });
}
