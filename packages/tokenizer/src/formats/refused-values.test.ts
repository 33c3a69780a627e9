import { mod97 } from "@fieldseal/core/identifiers";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import { createMemoryStore } from "../memory/index.ts";
import { createVault, staticKeys } from "../vault/index.ts";
import type { FormatDeclaration } from "./declaration.ts";
import { digits as scratch } from "./digit-text.ts";
import { keys, pad } from "./values.fixture.ts";

describe("bad input has its own code, and says nothing of the value:", () => {
  const formats: Record<string, FormatDeclaration> = {
    card: { type: "pan", keepLast: 4 },
    marked: { type: "pan", distinguishability: "alpha-marker" },
    ssn: { type: "us-ssn" },
    phone: { type: "phone" },
    mail: { type: "email" },
    iban: { type: "iban" },
    date: { type: "date", engine: "shift", maxDays: 30 },
    digits: { type: "digits", maxLength: 12 },
    template: { type: "template", parts: ["A-", { alphabet: "digits", length: 6 }] },
  };
  const tokenizer = createTokenizer({ keys, formats });
  test.each([
    ["card", "41111111111111111O", "VALUE_CHARACTER_INVALID"],
    ["card", "41111111111", "VALUE_TOO_SHORT"],
    ["card", "41111111111111111111", "VALUE_TOO_LONG"],
    ["card", "4".repeat(1000), "VALUE_TOO_LONG"],
    ["card", "4111111111111112", "VALUE_CHECKSUM_INVALID"],
    ["card", "4111--111111111111", "VALUE_STRUCTURE_INVALID"],
    ["card", "-4111111111111111", "VALUE_STRUCTURE_INVALID"],
    ["marked", "41111111111111T1", "VALUE_CHARACTER_INVALID"],
    ["ssn", "536-90-43x9", "VALUE_CHARACTER_INVALID"],
    ["ssn", "536-90-439", "VALUE_TOO_SHORT"],
    ["ssn", "5369043991", "VALUE_TOO_LONG"],
    ["ssn", "666-90-4399", "VALUE_STRUCTURE_INVALID"],
    ["ssn", "078-05-1120", "VALUE_STRUCTURE_INVALID"],
    ["ssn", "53-690-4399", "VALUE_STRUCTURE_INVALID"],
    ["phone", "+44 20 7946 O958", "VALUE_CHARACTER_INVALID"],
    ["phone", "+44 20 795", "VALUE_TOO_SHORT"],
    ["phone", "+44 207946", "VALUE_TOO_SHORT"],
    ["phone", "+4420794609581234", "VALUE_TOO_LONG"],
    ["phone", "0207 946 0958", "VALUE_STRUCTURE_INVALID"],
    ["phone", "+1 123 456 7890", "VALUE_STRUCTURE_INVALID"],
    ["mail", "bob@example.com", "VALUE_TOO_SHORT"],
    ["mail", "not an address", "VALUE_STRUCTURE_INVALID"],
    ["mail", `${"a".repeat(250)}@example.com`, "VALUE_TOO_LONG"],
    ["iban", "GB82 WEST 1234 5698 7654 3*", "VALUE_CHARACTER_INVALID"],
    ["iban", "GB82 WEST 1234 5698 7654 3", "VALUE_TOO_SHORT"],
    ["iban", "GB82 WEST 1234 5698 7654 321", "VALUE_TOO_LONG"],
    ["iban", "GB82 WEST 1234 5698 7654 33", "VALUE_CHECKSUM_INVALID"],
    ["iban", "GB82 1EST 1234 5698 7654 32", "VALUE_STRUCTURE_INVALID"],
    ["iban", "QQ82 WEST 1234 5698 7654 32", "VALUE_STRUCTURE_INVALID"],
    ["date", "2026-02-3O", "VALUE_CHARACTER_INVALID"],
    ["date", "2026-02-3", "VALUE_TOO_SHORT"],
    ["date", "2026-02-30", "VALUE_STRUCTURE_INVALID"],
    ["date", "2026-02-28", "SUBJECT_MISSING"],
    ["digits", "12345x", "VALUE_CHARACTER_INVALID"],
    ["digits", "12345", "VALUE_TOO_SHORT"],
    ["digits", "1234567890123", "VALUE_TOO_LONG"],
    ["template", "B-123456", "VALUE_STRUCTURE_INVALID"],
    ["template", "A-12345x", "VALUE_CHARACTER_INVALID"],
    ["template", "A-12345", "VALUE_TOO_SHORT"],
    ["template", "A-1234567", "VALUE_TOO_LONG"],
  ])("%s of %s: %s", async (format, value, code) => {
    for (const act of [tokenizer.tokenize, tokenizer.detokenize]) {
      if (act === tokenizer.detokenize && (code === "VALUE_CHECKSUM_INVALID" || format === "marked")) continue;
      const error: unknown = await act(value, { format }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(value);
      expect(scratch.every((digit) => digit === 0)).toBe(true);
    }
  });

  test.each([
    ["pan", "4111--111111111111"],
    ["pan", "4111111111111111 "],
    ["us-ssn", "53-690-4399"],
    ["us-ssn", "536904399-"],
  ] as const)("what %s does not take between digits (%s), a vault does not take either", async (type, value) => {
    const vault = createVault({
      store: createMemoryStore(),
      keys: staticKeys([{ version: "1", key: new Uint8Array(32) }]),
    });
    const kept = createTokenizer({ keys, vault, formats: { kept: { type, engine: "vault" } } });
    await expect(kept.tokenize(value, { format: "kept" })).rejects.toMatchObject({ code: "VALUE_STRUCTURE_INVALID" });
  });

  test("check digits that no IBAN has are wrong, although they leave the same remainder", async () => {
    for (const [digits, twin] of [
      ["97", "00"],
      ["98", "01"],
      ["02", "99"],
    ] as const) {
      const bban = Array.from({ length: 5000 }, (_, i) => `37040044${pad(i, 10)}`).find(
        (one) => pad(98 - mod97(`${one}DE00`)!, 2) === digits,
      )!;
      await tokenizer.tokenize(`DE${digits}${bban}`, { format: "iban" });
      await expect(tokenizer.tokenize(`DE${twin}${bban}`, { format: "iban" })).rejects.toMatchObject({
        code: "VALUE_CHECKSUM_INVALID",
      });
    }
  });

  test("a card token without its Luhn digit or marker is no token", async () => {
    const { token } = await tokenizer.tokenize("4111111111111111", { format: "card" });
    const changed = token.slice(0, 11) + ((Number(token[11]) + 1) % 10) + token.slice(12);
    await expect(tokenizer.detokenize(changed, { format: "card" })).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    const marked = (await tokenizer.tokenize("4111111111111111", { format: "marked" })).token;
    expect(marked).toMatch(/^[0-9]{15}T$/);
    for (const [format, text] of [
      ["card", "4111111111111111"],
      ["marked", "4111111111111111"],
      ["marked", `T${marked.slice(0, 15)}`],
    ] as const) {
      await expect(tokenizer.detokenize(text, { format })).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    }
  });
});
