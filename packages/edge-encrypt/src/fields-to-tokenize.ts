// Values of `tokenize` rules, which need a tokenizer. Pure.
import { refusal } from "./refusal.ts";
import type { SelectedField, Selection } from "./select-fields.ts";

/**
 * Where there is no tokenizer.
 *
 * @throws {FieldsealError} `TOKENIZER_MISSING` where a field needs one.
 */
export function noTokens({
  selections,
}: {
  readonly selections: readonly Selection[];
}): ReadonlyMap<SelectedField, string> {
  const [needing] = selections.flatMap(({ fields }) => fieldsToTokenize(fields));
  if (needing === undefined) return new Map();
  throw refusal("TOKENIZER_MISSING", "a rule tokenizes, and no tokenizer was given", needing.rule);
}

/** The fields that are tokenized, those inside of others included. */
export function fieldsToTokenize(fields: readonly SelectedField[]): SelectedField[] {
  return fields.flatMap((field) => (field.rule.action.kind === "tokenize" ? [field] : fieldsToTokenize(field.inner)));
}
