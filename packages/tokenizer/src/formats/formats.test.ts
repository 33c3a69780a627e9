import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import type { FormatDeclaration } from "./declaration.ts";
import { parseFormats } from "./parse.ts";
import {
  alphanumeric,
  american,
  below,
  digits,
  email,
  greek,
  iban,
  keys,
  pan,
  phone,
  secret,
  ssn,
  text,
} from "./values.fixture.ts";
import { vaultFormat } from "./vault-formats.ts";

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

test("the longest text that a format takes has a token, whatever is kept of it", async () => {
  const [one, other] = ["\u{1f600}", "\u{1f601}"];
  const lengths = [...Array.from({ length: 48 }, () => 83), 4096 - 8 - 48 * 83];
  const groups = lengths.flatMap((maxLength) => [
    { characters: one + other, minLength: 1, maxLength, keep: true },
    "|",
  ]);
  const formats: Record<string, FormatDeclaration> = {
    groups: { type: "template", parts: [{ alphabet: "digits", length: 8 }, ...groups] },
    ends: { type: "alphabet", characters: one + other, keepFirst: 4076 },
  };
  const tokenizer = createTokenizer({ keys, formats });
  for (const [format, value] of [
    ["groups", `12345678${lengths.map((length) => `${one.repeat(length)}|`).join("")}`],
    ["ends", other.repeat(4096)],
  ] as const) {
    const { token } = await tokenizer.tokenize(value, { format });
    expect(await tokenizer.detokenize(token, { format })).toBe(value);
  }
});
