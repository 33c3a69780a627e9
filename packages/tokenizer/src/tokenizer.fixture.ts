// A tokenizer over fixed keys for tests, and values of its formats.
import { createTokenizer, type TokenizerOptions } from "./index.ts";

export const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
export const other = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
export const keys = { current: "1", versions: { 1: secret } };
export const formats = {
  card: { type: "pan", keepLast: 4 },
  ssn: { type: "us-ssn" },
  iban: { type: "iban" },
  mail: { type: "email" },
} as const;
export const card = "4111 1111 1111 1111";
export const ssn = "536-90-4399";

export const make = (options: Partial<TokenizerOptions> = {}): ReturnType<typeof createTokenizer> =>
  createTokenizer({ keys, formats, ...options });
