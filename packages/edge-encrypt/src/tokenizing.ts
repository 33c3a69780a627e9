// Who makes the tokens of `tokenize` rules. Types only.

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
