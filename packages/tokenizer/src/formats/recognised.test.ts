import { isEmail, isIban, isUsSsn, luhnValid } from "@fieldseal/core/identifiers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import type { FormatDeclaration } from "./declaration.ts";
import { parseFormats } from "./parse.ts";
import { below, email, iban, keys, pan, ssn } from "./values.fixture.ts";
import { vaultFormat } from "./vault-formats.ts";

describe("tokens are recognised as declared:", () => {
  const some = fc.sample(pan(), { numRuns: 200, seed: 3 });
  const tokensOf = async (declaration: FormatDeclaration): Promise<string[]> => {
    const tokenizer = createTokenizer({ keys, formats: { card: declaration } });
    return (await tokenizer.tokenizeBatch(some, { format: "card" })).map(({ token }) => token.replace(/[ -]/g, ""));
  };

  test("luhn-invalid tokens all fail Luhn", async () => {
    expect((await tokensOf({ type: "pan", keepLast: 4 })).filter(luhnValid)).toEqual([]);
  });

  test("luhn-valid tokens all pass", async () => {
    const tokens = await tokensOf({ type: "pan", keepLast: 4, distinguishability: "luhn-valid" });
    expect(tokens.filter(luhnValid)).toHaveLength(200);
  });

  test("alpha-marker tokens hold exactly the marker, and come back", async () => {
    const declaration: FormatDeclaration = {
      type: "pan",
      keepLast: 4,
      distinguishability: "alpha-marker",
      marker: "Q",
    };
    const tokens = await tokensOf(declaration);
    for (const token of tokens) expect(token).toMatch(/^[0-9]+Q[0-9]{4}$/);
    const tokenizer = createTokenizer({ keys, formats: { card: declaration } });
    const bare = some.map((value) => value.replace(/[ -]/g, ""));
    expect(await tokenizer.detokenizeBatch(tokens, { format: "card" })).toEqual(bare);
  });

  test("reserved-prefix tokens begin with the prefix, keep the last four and pass Luhn", () => {
    const declaration = {
      type: "pan",
      engine: "vault",
      keepLast: 4,
      distinguishability: "reserved-prefix",
      prefix: "990",
    } as const;
    const format = vaultFormat(parseFormats({ card: declaration }).byName.get("card")!);
    for (const value of some.map((one) => one.replace(/[ -]/g, ""))) {
      const token = format.draw(value, below);
      expect(token.slice(0, 3) + token.slice(-4)).toBe(`990${value.slice(-4)}`);
      expect(token.length).toBe(value.length);
      expect(luhnValid(token)).toBe(true);
    }
  });

  test("SSN tokens are social security numbers; never-issued ones are neither that nor taxpayer numbers", async () => {
    const tokenizer = createTokenizer({ keys, formats: { ssn: { type: "us-ssn" } } });
    const values = fc.sample(ssn, 300);
    const made = await tokenizer.tokenizeBatch(values, { format: "ssn" });
    expect(made.filter(({ token }) => !isUsSsn(token))).toEqual([]);
    const formats = parseFormats({ ssn: { type: "us-ssn", engine: "vault", range: "never-issued", keepLast: 4 } });
    const format = vaultFormat(formats.byName.get("ssn")!);
    for (const value of values.map((one) => one.replace(/[ -]/g, ""))) {
      expect(format.draw(value, below)).toMatch(new RegExp(`^9[0-9]{2}(?:0[1-9]|[1-4][0-9])${value.slice(-4)}$`));
    }
  });

  test("IBAN and e-mail tokens are IBANs and addresses", async () => {
    const tokenizer = createTokenizer({ keys, formats: { iban: { type: "iban" }, mail: { type: "email" } } });
    const ibans = await tokenizer.tokenizeBatch(fc.sample(iban, 300), { format: "iban" });
    expect(ibans.filter(({ token }) => !isIban(token))).toEqual([]);
    const mails = await tokenizer.tokenizeBatch(fc.sample(email, 100), { format: "mail" });
    expect(mails.filter(({ token }) => !isEmail(token))).toEqual([]);
  });
});
