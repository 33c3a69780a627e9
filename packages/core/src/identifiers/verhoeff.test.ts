import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verhoeffCheckDigit, verhoeffValid } from "./verhoeff.ts";

const payloads: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(..."0123456789"),
  minLength: 1,
  maxLength: 30,
});

describe("Verhoeff", () => {
  it.each([
    ["236", 3],
    ["12345", 1],
    ["142857", 0],
    ["123456789012", 0],
  ])("gives %s the check digit %i", (payload, digit) => {
    expect(verhoeffCheckDigit(payload)).toBe(digit);
    expect(verhoeffValid(`${payload}${digit}`)).toBe(true);
  });

  it.each(["", "0", "23 63", "236x", "٢٣٦٣"])("refuses %j: not two or more ASCII digits", (text) => {
    expect(verhoeffValid(text)).toBe(false);
  });

  it("has no check digit for what is not digits", () => {
    expect(verhoeffCheckDigit("")).toBeNull();
    expect(verhoeffCheckDigit("23a")).toBeNull();
  });

  it("notices any one digit changed", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 9 }), (payload, position, step) => {
        const number = `${payload}${verhoeffCheckDigit(payload)}`;
        const at = position % number.length;
        const other = (Number(number[at]) + step) % 10;
        expect(verhoeffValid(number.slice(0, at) + other + number.slice(at + 1))).toBe(false);
      }),
    );
  });

  it("notices any two different neighbours exchanged", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (payload, position) => {
        const number = `${payload}${verhoeffCheckDigit(payload)}`;
        const at = position % (number.length - 1);
        const [left, right] = [number[at]!, number[at + 1]!];
        fc.pre(left !== right);
        expect(verhoeffValid(number.slice(0, at) + right + left + number.slice(at + 2))).toBe(false);
      }),
    );
  });
});
