// Templates, as one writes transformations for a tokenization server: literals stay, groups become tokens.
import { createTokenizer, type FormatDeclarations, type Tokenizer } from "@fieldseal/tokenizer";

export const templates = {
  // E-00482913: a literal and digits.
  staff: { type: "template", parts: ["E-", { alphabet: "digits", length: 8 }] },
  // BMW-KL-4829: the region stays readable, the rest does not.
  plate: {
    type: "template",
    parts: [
      { alphabet: "upper", minLength: 1, maxLength: 3, keep: true },
      "-",
      { alphabet: "upper", length: 2 },
      "-",
      { alphabet: "digits", length: 4 },
    ],
  },
  // 20261122/4f9c.../7: a date that stays, an identifier in hexadecimal, a check position that stays.
  batch: {
    type: "template",
    parts: [
      { alphabet: "digits", length: 8, keep: true },
      "/",
      { alphabet: "hex-lower", length: 12 },
      "/",
      { alphabet: "digits", length: 1, keep: true },
    ],
  },
  // Letters of an alphabet of one's own, without those that are mistaken for digits.
  voucher: { type: "template", parts: [{ characters: "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", length: 10 }] },
} as const satisfies FormatDeclarations;

export function templateTokenizer(secret: Uint8Array): Tokenizer {
  return createTokenizer({ keys: { current: "1", versions: { 1: secret } }, formats: templates });
}

/** One line for each template: its engine, how many tokens it has, and what they show. */
export function explain(tokenizer: Tokenizer): string[] {
  return tokenizer
    .describe()
    .map((one) => JSON.stringify(one, (_, value) => (typeof value === "bigint" ? `${value}` : value)));
}
