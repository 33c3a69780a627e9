import { randomInt } from "node:crypto";
import {
  bbanStructures,
  isEmail,
  isIban,
  isUsSsn,
  luhnCheckDigit,
  luhnValid,
  mod97,
} from "@fieldseal/core/identifiers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import type { FormatDeclaration } from "./declaration.ts";
import { parseFormats } from "./parse.ts";
import { vaultFormat } from "./vault-formats.ts";

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const keys = { current: "1", versions: { 1: secret } };
const below = (n: number): number => randomInt(n);

// The grammar of each format, as generators.
const digit = fc.constantFrom(..."0123456789");
const digits = (minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: digit, minLength, maxLength });
const spaced = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.constantFrom("", " ", "-"), fc.integer({ min: 2, max: 6 }))
    .map(([value, separator, every]) => (value.match(new RegExp(`.{1,${every}}`, "g")) ?? []).join(separator));
const pan = (minLength = 12): fc.Arbitrary<string> =>
  spaced(digits(minLength - 1, 18).map((payload) => payload + luhnCheckDigit(payload)));
const ssn = fc
  .tuple(
    fc.integer({ min: 1, max: 899 }),
    fc.integer({ min: 1, max: 99 }),
    fc.integer({ min: 1, max: 9999 }),
    fc.constantFrom("", " ", "-"),
  )
  .map(([a, g, s, c]) => [pad(a, 3), pad(g, 2), pad(s, 4)].join(c))
  .filter(isUsSsn);
const phone = fc
  .tuple(fc.constantFrom("+7", "+44", "+49", "+33", "+353", "+852", "+971"), digits(8, 11))
  .map(([code, number]) => `${code} ${number}`);
const american = fc
  .tuple(fc.integer({ min: 200, max: 999 }), fc.integer({ min: 200, max: 999 }), digits(4))
  .map(([area, exchange, rest]) => `+1 (${area}) ${exchange}-${rest}`);
const local = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789+_-"),
  minLength: 1,
  maxLength: 12,
});
const email = fc
  .tuple(
    fc.array(local, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("example.com", "mail.example.co.uk", "x-1.io"),
  )
  .map(([parts, domain]) => `${parts.join(".")}@${domain}`)
  .filter((text) => isEmail(text) && (text.split("@")[0]!.match(/[a-z0-9]/g) ?? []).length >= 4);
const iban = fc.constantFrom(...bbanStructures).chain(([country, structure]) => {
  const units = { n: "0123456789", a: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", c: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" };
  const parts = structure.match(/[0-9]+[nac]/g)!.map((part) => {
    const length = Number(part.slice(0, -1));
    const unit = fc.constantFrom(...units[part.slice(-1) as "n" | "a" | "c"]);
    return fc.string({ unit, minLength: length, maxLength: length });
  });
  return fc.tuple(...parts).map((all) => {
    const bban = all.join("");
    return `${country}${pad(98 - mod97(`${bban}${country}00`)!, 2)}${bban}`;
  });
});
const greek = "αβγδεζηθικλμνξοπρστυφχψω";
const text = (characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength, maxLength });
const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

interface Case {
  readonly declaration: FormatDeclaration;
  readonly values: fc.Arbitrary<string>;
  /** Blanks out what may differ between a value and its token; what is left must be the same. */
  readonly frame: (text: string) => string;
}

const anyDigit = (text: string): string => text.replace(/[0-9]/g, "0");
const withoutLastFour = (text: string): string => {
  let last = 4;
  return Array.from(text)
    .reverse()
    .map((c) => (/[0-9]/.test(c) && last-- <= 0 ? "0" : c))
    .join("");
};
const anyOf =
  (characters: string) =>
  (text: string): string =>
    Array.from(text, (c) => (characters.includes(c) ? "x" : c)).join("");

const cases: Record<string, Case> = {
  pan: { declaration: { type: "pan" }, values: pan(), frame: anyDigit },
  "pan, last four": { declaration: { type: "pan", keepLast: 4 }, values: pan(), frame: withoutLastFour },
  "pan, first six": {
    declaration: { type: "pan", keepFirst: 6 },
    values: pan(13),
    frame: (text) => text.replace(/[ -]/g, "").slice(0, 6) + anyDigit(text),
  },
  "pan, luhn-valid": {
    declaration: { type: "pan", keepLast: 4, distinguishability: "luhn-valid" },
    values: pan(),
    frame: withoutLastFour,
  },
  "pan, undistinguished": { declaration: { type: "pan", distinguishability: "none" }, values: pan(), frame: anyDigit },
  "us-ssn": { declaration: { type: "us-ssn" }, values: ssn, frame: anyDigit },
  phone: {
    declaration: { type: "phone" },
    values: phone,
    frame: (text) => (/^[+][0-9]+ /.exec(text)?.[0] ?? "") + anyDigit(text),
  },
  "phone, North America": { declaration: { type: "phone" }, values: american, frame: anyDigit },
  email: {
    declaration: { type: "email" },
    values: email,
    frame: (text) => anyOf(alphanumeric)(text.split("@")[0]!) + text.split("@")[1],
  },
  "email, domain tokenized": {
    declaration: { type: "email", domain: "tokenize" },
    values: email,
    frame: (text) => anyOf(alphanumeric)(text.slice(0, text.lastIndexOf("."))) + text.slice(text.lastIndexOf(".")),
  },
  iban: {
    declaration: { type: "iban" },
    values: fc.tuple(iban, fc.constantFrom("", " ", "-")).map(([one, by]) => one.match(/.{1,4}/g)!.join(by)),
    frame: (text) => text.slice(0, 2) + text.replace(/[0-9A-Z]/g, "x"),
  },
  digits: { declaration: { type: "digits", maxLength: 40 }, values: digits(6, 40), frame: anyDigit },
  "digits, ends kept": {
    declaration: { type: "digits", keepFirst: 2, keepLast: 3 },
    values: digits(11, 30),
    frame: (text) => text.slice(0, 2) + text.slice(-3) + anyDigit(text),
  },
  alphanumeric: {
    declaration: { type: "alphanumeric" },
    values: text(alphanumeric, 4, 60),
    frame: anyOf(alphanumeric),
  },
  "alphabet of code points": {
    declaration: { type: "alphabet", characters: `${greek}😀😃` },
    values: text(`${greek}😀😃`, 5, 20),
    frame: anyOf(`${greek}😀😃`),
  },
  template: {
    declaration: {
      type: "template",
      parts: [
        "EMP-",
        { alphabet: "upper", length: 2, keep: true },
        { alphabet: "digits", length: 6 },
        "/",
        { characters: greek, minLength: 1, maxLength: 5 },
        ".",
        { alphabet: "hex-lower", length: 4 },
      ],
    },
    values: fc
      .tuple(text("ABCXYZ", 2, 2), digits(6), text(greek, 1, 5), text("0123456789abcdef", 4, 4))
      .map(([a, b, c, d]) => `EMP-${a}${b}/${c}.${d}`),
    frame: (text) => text.slice(0, 6) + anyDigit(text.slice(6, 12)) + anyOf(greek)(text.slice(12, text.indexOf("."))),
  },
};

describe.each(Object.entries(cases))("%s", (_, { declaration, values, frame }) => {
  const tokenizer = createTokenizer({ keys, formats: { it: declaration } });
  const request = { format: "it", tenant: "t-1" };

  test("detokenize(tokenize(x)) is x, and layout, character set and kept positions hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 8 }), async (some) => {
        const made = await tokenizer.tokenizeBatch(some, request);
        const tokens = made.map(({ token }) => token);
        expect(tokens.map(frame)).toEqual(some.map(frame));
        expect(await tokenizer.detokenizeBatch(tokens, request)).toEqual(some);
        // One by one and together give the same.
        expect(await Promise.all(some.map((value) => tokenizer.tokenize(value, request)))).toEqual(made);
      }),
      { numRuns: 60 },
    );
  });

  test("tenants, fields and versions each have tokens of their own", async () => {
    const two = createTokenizer({
      keys: { current: "1", versions: { 1: secret, 2: secret } },
      formats: { it: declaration },
    });
    const some = fc.sample(values, { numRuns: 12, seed: 7 });
    const tokensOf = async (other: object): Promise<string> =>
      (await two.tokenizeBatch(some, { ...request, ...other })).map(({ token }) => token).join();
    const all = await Promise.all([{}, { tenant: "t-2" }, { field: "other" }, { version: "2" }].map(tokensOf));
    expect(new Set(all).size).toBe(4);
  });

  test("a vault draws tokens of the same layout", () => {
    const formats = parseFormats({ it: { ...declaration, engine: "vault" } as FormatDeclaration });
    const format = vaultFormat(formats.byName.get("it")!);
    fc.assert(
      fc.property(values, (value) => {
        const normal = format.normalize(value);
        expect(format.normalize(normal)).toBe(normal);
        expect(frame(format.draw(normal, below))).toBe(frame(normal));
      }),
      { numRuns: 40 },
    );
  });
});

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
    }
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
    await expect(tokenizer.detokenize("4111111111111111", { format: "card" })).rejects.toMatchObject({
      code: "TOKEN_INVALID",
    });
  });
});

function pad(number: number, length: number): string {
  return String(number).padStart(length, "0");
}
