// Which values `tokenize` rules select, and who makes tokens of them. Pure.
import type { Context } from "@fieldseal/core/envelope";
import { refusal } from "./refusal.ts";
import type { SelectedField, Selection } from "./select-fields.ts";

/** Makes tokens for `tokenize` rules; `createTokenizer` of @fieldseal/tokenizer gives one. */
export interface BodyTokenizer {
  tokenizeBatch(
    values: readonly string[],
    options: { readonly format: string; readonly field: string; readonly tenant?: string },
  ): Promise<readonly { readonly token: string }[]>;
}

/** Who makes tokens, and how long that may take. */
export interface Tokenizing {
  /** Needed where the policy has `tokenize` rules; a reversible key at the edge, so prefer to tokenize at the origin. */
  readonly tokenizer?: BodyTokenizer;
  /** Milliseconds that the tokenizer may take for one body; default 5,000. */
  readonly tokenizerTimeout?: number;
}

export interface FieldsToTokenize {
  /** What rules select in body, query, headers and cookies. */
  readonly selections: readonly Selection[];
  readonly context: Context;
}

/**
 * Where there is no tokenizer.
 *
 * @throws {FieldsealError} `TOKENIZER_MISSING` where a field needs one.
 */
export function noTokens({ selections }: FieldsToTokenize): ReadonlyMap<SelectedField, string> {
  const [needing] = selections.flatMap(({ fields }) => fieldsToTokenize(fields));
  if (needing === undefined) return new Map();
  throw refusal("TOKENIZER_MISSING", "a rule tokenizes, and no tokenizer was given", needing.rule);
}

/** The fields that `tokenize` rules select, also those inside others. */
export function fieldsToTokenize(fields: readonly SelectedField[]): SelectedField[] {
  return fields.flatMap((field) => (field.rule.action.kind === "tokenize" ? [field] : fieldsToTokenize(field.inner)));
}
