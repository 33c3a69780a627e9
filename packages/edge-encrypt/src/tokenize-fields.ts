// Values of `tokenize` rules, sent to the given tokenizer in one batch for each format and field.
import { type Codec, codecAt } from "@fieldseal/core/body";
import type { Context } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Action } from "@fieldseal/core/policy";
import { scalarText } from "./change-value.ts";
import type { SelectedField } from "./select-fields.ts";

/** Makes tokens for `tokenize` rules; `createTokenizer` of @fieldseal/tokenizer gives one. */
export interface BodyTokenizer {
  tokenizeBatch(
    values: readonly string[],
    options: { readonly format: string; readonly field: string; readonly tenant?: string },
  ): Promise<readonly { readonly token: string }[]>;
}

export interface FieldsToTokenize {
  readonly bytes: Uint8Array;
  readonly codec: Codec;
  readonly fields: readonly SelectedField[];
  readonly context: () => Context;
}

/**
 * Where there is no tokenizer.
 *
 * @throws {FieldsealError} `TOKENIZER_MISSING` where a field needs one.
 */
export function noTokens({ fields }: FieldsToTokenize): ReadonlyMap<SelectedField, string> {
  const [needing] = fieldsToTokenize(fields);
  if (needing !== undefined) {
    throw new FieldsealError("TOKENIZER_MISSING", "a rule tokenizes, and no tokenizer was given", {
      field: needing.rule.name,
      selector: needing.rule.query.text,
    });
  }
  return new Map();
}

/** The token of each field that a `tokenize` rule selects; the context's `tenant` is the tokenizer's. */
export async function tokenizeFields(
  { bytes, codec, fields, context }: FieldsToTokenize,
  tokenizer: BodyTokenizer,
): Promise<ReadonlyMap<SelectedField, string>> {
  const tokens = new Map<SelectedField, string>();
  const batches = Map.groupBy(fieldsToTokenize(fields), ({ rule }) => rule);
  for (const [{ name: field, action }, batch] of batches) {
    const { tenant } = context();
    const options = { format: (action as Action & { kind: "tokenize" }).tokenFormat, field };
    const values = batch.map((selected) => scalarText(selected, bytes, codecAt(codec, selected.match)));
    const made = await tokenizer.tokenizeBatch(values, tenant === undefined ? options : { ...options, tenant });
    for (const [index, selected] of batch.entries()) tokens.set(selected, made[index]!.token);
  }
  return tokens;
}

function fieldsToTokenize(fields: readonly SelectedField[]): SelectedField[] {
  return fields.flatMap((field) => (field.rule.action.kind === "tokenize" ? [field] : fieldsToTokenize(field.inner)));
}
