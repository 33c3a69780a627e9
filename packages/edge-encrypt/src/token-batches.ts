// Values of `tokenize` rules, sent to the given tokenizer in one batch for each format and field. Not in bundles, which
// have no tokenizer. I/O: whatever the tokenizer does.
import { codecAt } from "@fieldseal/core/body";
import type { Context } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Action } from "@fieldseal/core/policy";
import { scalarText } from "./change-value.ts";
import { fieldsToTokenize } from "./fields-to-tokenize.ts";
import { refusal } from "./refusal.ts";
import type { SelectedField, Selection } from "./select-fields.ts";
import type { Tokenizing } from "./tokenizing.ts";

const defaultTimeout = 5000;

interface FieldsToTokenize {
  /** What rules select in body, query, headers and cookies. */
  readonly selections: readonly Selection[];
  readonly context: Context;
}

/** @throws {FieldsealError} `CONFIG_INVALID` for what is no tokenizer, and for a time that is not positive and finite. */
export function checkTokenizing({ tokenizer, tokenizerTimeout = defaultTimeout }: Tokenizing): void {
  if (tokenizer !== undefined && typeof tokenizer?.tokenizeBatch !== "function") {
    throw new FieldsealError("CONFIG_INVALID", "tokenizer has a function tokenizeBatch");
  }
  if (!Number.isFinite(tokenizerTimeout) || tokenizerTimeout <= 0) {
    throw new FieldsealError("CONFIG_INVALID", "tokenizerTimeout must be positive and finite");
  }
}

/**
 * The token of each field that a `tokenize` rule selects; the context's `tenant` is the tokenizer's.
 *
 * @throws {FieldsealError} `TOKENIZER_FAILED` where a tokenizer throws an error that is not Fieldseal's, gives something
 * else than a token for each value, or gives it too late.
 */
export async function tokenizeFields(
  { selections, context: { tenant } }: FieldsToTokenize,
  { tokenizer, tokenizerTimeout = defaultTimeout }: Tokenizing,
): Promise<ReadonlyMap<SelectedField, string>> {
  const tokens = new Map<SelectedField, string>();
  const toTokenize = selections.flatMap(({ fields, ...at }) => {
    return fieldsToTokenize(fields).map((field) => ({ field, rule: field.rule, ...at }));
  });
  const until = performance.now() + tokenizerTimeout;
  for (const [rule, batch] of Map.groupBy(toTokenize, (one) => one.rule)) {
    const { name: field, action } = rule;
    const failed = (why: string): FieldsealError => refusal("TOKENIZER_FAILED", `the tokenizer ${why}`, rule);
    const options = { format: (action as Action & { kind: "tokenize" }).tokenFormat, field };
    const values = batch.map(({ field: one, bytes, codec }) => scalarText(one, bytes, codecAt(codec, one.match)));
    const ask = async (): Promise<unknown> =>
      await tokenizer!.tokenizeBatch(values, tenant === undefined ? options : { ...options, tenant });
    const late = failed(`gave no tokens within ${tokenizerTimeout} ms`);
    const made = await inTime(ask(), until, late).catch((error: unknown) => {
      // Errors of others may say the value.
      throw error instanceof FieldsealError ? error : failed("threw an error");
    });
    if (!Array.isArray(made) || made.length !== batch.length) throw failed("gave another number of tokens");
    for (const [index, one] of batch.entries()) {
      const token: unknown = made[index]?.token;
      if (!isToken(token, values[index]!)) throw failed("gave something else than a token");
      tokens.set(one.field, token);
    }
  }
  return tokens;
}

/** Half a surrogate pair would be written as another character, and nothing would stand for a value that is lost. */
function isToken(token: unknown, value: string): token is string {
  return typeof token === "string" && token.isWellFormed() && (token !== "" || value === "");
}

async function inTime<T>(answer: Promise<T>, until: number, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), Math.max(0, until - performance.now()));
  });
  try {
    return await Promise.race([answer, end]);
  } finally {
    clearTimeout(timer);
  }
}
