import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardIssuer, type IssuerRange, issuerRanges } from "./issuers.ts";
import { luhnCheckDigit } from "./luhn.ts";
import { isPan, panDigits } from "./pan.ts";

// Numbers that networks and payment providers publish for testing.
const published: readonly [string, string][] = [
  ["4111111111111111", "visa"],
  ["4012888888881881", "visa"],
  ["4222222222222", "visa"],
  ["5555555555554444", "mastercard"],
  ["2223003122003222", "mastercard"],
  ["378282246310005", "amex"],
  ["371449635398431", "amex"],
  ["6011111111111117", "discover"],
  ["30569309025904", "diners"],
  ["38520000023237", "diners"],
  ["36227206271667", "diners"],
  ["3530111333300000", "jcb"],
  ["6205500000000000004", "unionpay"],
  ["6759649826438453", "maestro"],
  ["6304000000000000", "maestro"],
  ["2200000000000004", "mir"],
  ["6062826786276634", "hipercard"],
  ["5066991111111118", "elo"],
  ["5060990580000217499", "verve"],
  ["5019717010103742", "dankort"],
  ["122000000000003", "uatp"],
  ["9792020000000001", "troy"],
];

const aRange: fc.Arbitrary<IssuerRange> = fc.constantFrom(...issuerRanges);
const aPan: fc.Arbitrary<{ number: string; range: IssuerRange }> = aRange.chain((range) =>
  fc
    .tuple(
      fc.integer({ min: Number(range.from), max: Number(range.to) }),
      fc.constantFrom(...range.lengths),
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 19, maxLength: 19 }),
    )
    .map(([prefix, length, filler]) => {
      const payload = `${prefix}${filler}`.slice(0, length - 1);
      return { number: `${payload}${luhnCheckDigit(payload)}`, range };
    })
    .filter(({ number }) => new Set(number).size > 1),
);

describe("isPan", () => {
  it.each(published)("accepts %s and names its issuer, %s", (number, issuer) => {
    expect(isPan(number)).toBe(true);
    expect(cardIssuer(number)).toBe(issuer);
  });

  it.each(["4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "41111111-11111111"])(
    "accepts %s: single spaces or dashes between digits",
    (text) => {
      expect(isPan(text)).toBe(true);
    },
  );

  it.each([
    ["", "empty"],
    ["4111111111111112", "wrong check digit"],
    ["411111111111116", "a Visa prefix at a length that Visa does not issue"],
    ["1700000000006", "a millisecond time stamp that passes Luhn"],
    ["9999999999999995", "no issuer"],
    ["0000000000000000", "zeros"],
    ["41111111111111111111", "twenty digits"],
    [" 4111111111111111", "a leading space"],
    ["4111111111111111-", "a trailing dash"],
    ["4111  1111 1111 1111", "two spaces together"],
    ["4111-1111 1111-1111", "mixed separators"],
    ["4111.1111.1111.1111", "dots"],
    ["4111\u00a01111\u00a01111\u00a01111", "no-break spaces"],
    ["٤١١١١١١١١١١١١١١١", "digits of another script"],
    ["4111111111111111\n", "a line feed"],
  ])("refuses %j: %s", (text) => {
    expect(isPan(text)).toBe(false);
  });

  it("refuses one digit repeated, at every length", () => {
    for (const digit of "0123456789") {
      for (let length = 12; length <= 19; length++) expect(isPan(digit.repeat(length))).toBe(false);
    }
  });

  it("accepts every issuer's numbers at every issued length, grouped or not", () => {
    fc.assert(
      fc.property(aPan, fc.constantFrom(" ", "-"), ({ number }, separator) => {
        expect(isPan(number)).toBe(true);
        const grouped = number.match(/.{1,4}/g)!.join(separator);
        expect(isPan(grouped)).toBe(true);
        expect(panDigits(grouped)).toBe(number);
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses any one digit changed behind the prefix", () => {
    fc.assert(
      fc.property(aPan, fc.integer({ min: 1, max: 9 }), ({ number }, step) => {
        const last = (Number(number.at(-1)) + step) % 10;
        expect(isPan(number.slice(0, -1) + last)).toBe(false);
      }),
    );
  });
});

describe("issuer ranges", () => {
  it("have two ends of the same number of digits, in order, and lengths of 12 to 19", () => {
    for (const { from, to, lengths } of issuerRanges) {
      expect(from).toMatch(/^[1-9][0-9]{0,7}$/);
      expect(to).toMatch(/^[1-9][0-9]{0,7}$/);
      expect(to.length).toBe(from.length);
      expect(from <= to).toBe(true);
      expect(lengths.every((length) => length >= 12 && length <= 19)).toBe(true);
    }
  });

  it("include both ends and stop there", () => {
    expect(cardIssuer("2221000000000000")).toBe("mastercard");
    expect(cardIssuer("2720990000000000")).toBe("mastercard");
    expect(cardIssuer("2220990000000000")).toBeNull();
    expect(cardIssuer("2721000000000000")).toBeNull();
  });

  it("choose the most specific prefix: Elo's inside Visa's and Discover's", () => {
    expect(cardIssuer("4011780000000000")).toBe("elo");
    expect(cardIssuer("6504850000000000")).toBe("elo");
    expect(cardIssuer("6500000000000000")).toBe("discover");
  });

  it("answer null for what is not digits", () => {
    expect(cardIssuer("")).toBeNull();
    expect(cardIssuer("visa")).toBeNull();
  });
});
