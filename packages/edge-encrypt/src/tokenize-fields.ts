// Values of `tokenize` rules, sent to the given tokenizer in one batch for each format and field.
import { codecAt } from "@fieldseal/core/body";
import type { Context } from "@fieldseal/core/envelope";
import type { Action } from "@fieldseal/core/policy";
import { scalarText } from "./change-value.ts";
import { fieldsToTokenize } from "./fields-to-tokenize.ts";
import type { SelectedField, Selection } from "./select-fields.ts";

/** Makes tokens for `tokenize` rules; `createTokenizer` of @fieldseal/tokenizer gives one. */
export interface BodyTokenizer {
  tokenizeBatch(
    values: readonly string[],
    options: { readonly format: string; readonly field: string; readonly tenant?: string },
  ): Promise<readonly { readonly token: string }[]>;
}

export interface FieldsToTokenize {
  /** What rules select in body, query, headers and cookies. */
  readonly selections: readonly Selection[];
  readonly context: Context;
}

/** The token of each field that a `tokenize` rule selects; the context's `tenant` is the tokenizer's. */
export async function tokenizeFields(
  { selections, context: { tenant } }: FieldsToTokenize,
  tokenizer: BodyTokenizer,
): Promise<ReadonlyMap<SelectedField, string>> {
  const tokens = new Map<SelectedField, string>();
  const toTokenize = selections.flatMap(({ fields, ...at }) => {
    return fieldsToTokenize(fields).map((field) => ({ field, rule: field.rule, ...at }));
  });
  const batches = Map.groupBy(toTokenize, ({ rule }) => rule);
  for (const [{ name: field, action }, batch] of batches) {
    const options = { format: (action as Action & { kind: "tokenize" }).tokenFormat, field };
    const values = batch.map(({ field: one, bytes, codec }) => scalarText(one, bytes, codecAt(codec, one.match)));
    const made = await tokenizer.tokenizeBatch(values, tenant === undefined ? options : { ...options, tenant });
    for (const [index, selected] of batch.entries()) tokens.set(selected.field, made[index]!.token);
  }
  return tokens;
}
