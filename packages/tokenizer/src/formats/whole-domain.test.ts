import { luhnValid } from "@fieldseal/core/identifiers";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import type { FormatDeclaration } from "./declaration.ts";
import { keys, pad } from "./values.fixture.ts";

describe("bijective on a whole domain:", () => {
  test("a million six-digit strings have a million tokens", async () => {
    const tokenizer = createTokenizer({ keys, formats: { it: { type: "digits" } } });
    const seen = new Uint8Array(1_000_000);
    for (let start = 0; start < 1_000_000; start += 50_000) {
      const some = Array.from({ length: 50_000 }, (_, i) => pad(start + i, 6));
      for (const { token } of await tokenizer.tokenizeBatch(some, { format: "it" })) seen[Number(token)]!++;
    }
    expect(seen.every((count) => count === 1)).toBe(true);
  }, 120_000);

  test("a mixed-radix template of 1,046,900 values, through cycle walking, has as many tokens", async () => {
    const declaration: FormatDeclaration = {
      type: "template",
      parts: [
        { characters: "abcdefghijklmnopqrs", length: 2 },
        { alphabet: "digits", length: 2 },
        { characters: "klmnopqrstuvwxyzABCDEFGHIJKLM", length: 1 },
      ],
    };
    const tokenizer = createTokenizer({ keys, formats: { it: declaration } });
    expect(tokenizer.describe()[0]!.space).toBe(1_046_900n);
    const tokens = new Set<string>();
    const letters = "abcdefghijklmnopqrs";
    for (const a of letters) {
      const some: string[] = [];
      for (const b of letters) {
        for (let n = 0; n < 100; n++) for (const c of "klmnopqrstuvwxyzABCDEFGHIJKLM") some.push(a + b + pad(n, 2) + c);
      }
      for (const { token } of await tokenizer.tokenizeBatch(some, { format: "it" })) tokens.add(token);
    }
    expect(tokens.size).toBe(1_046_900);
  }, 120_000);

  test("half a million card numbers have as many Luhn-plus-k tokens", async () => {
    const tokenizer = createTokenizer({ keys, formats: { card: { type: "pan", keepLast: 4 } } });
    const tokens = new Set<string>();
    for (let part = 0; part < 10; part++) {
      const some = Array.from({ length: 50_000 }, (_, i) => {
        const front = pad(part * 50_000 + i, 7);
        // The eighth digit mends the sum, so that the last four stay 1111.
        const eighth = [..."0123456789"].find((d) => luhnValid(`${front}${d}1111`))!;
        return `${front}${eighth}1111`;
      });
      for (const { token } of await tokenizer.tokenizeBatch(some, { format: "card" })) tokens.add(token);
    }
    expect(tokens.size).toBe(500_000);
  }, 120_000);
});
