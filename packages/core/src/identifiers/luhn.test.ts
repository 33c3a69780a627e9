import fc from "fast-check";
import luhn from "luhn";
import { describe, expect, it } from "vitest";
import { luhnCheckDigit, luhnValid } from "./luhn.ts";

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength, maxLength });

describe("Luhn", () => {
  it("accepts the worked example of ISO/IEC 7812-1 and refuses every other check digit", () => {
    expect(luhnCheckDigit("7992739871")).toBe(3);
    for (let digit = 0; digit < 10; digit++) expect(luhnValid(`7992739871${digit}`)).toBe(digit === 3);
  });

  it.each(["", "0", "4111 1111 1111 1111", "4111-1111", "٤١١١١١١١١١١١١١١١", "411111111111111x", "+18", "1.8"])(
    "refuses %j: not two or more ASCII digits",
    (text) => {
      expect(luhnValid(text)).toBe(false);
    },
  );

  it("has no check digit for what is not digits", () => {
    expect(luhnCheckDigit("")).toBeNull();
    expect(luhnCheckDigit("41 1")).toBeNull();
  });

  it("is satisfied by exactly the computed check digit", () => {
    fc.assert(
      fc.property(digits(1, 40), (payload) => {
        const valid = Array.from("0123456789").filter((digit) => luhnValid(payload + digit));
        expect(valid).toEqual([String(luhnCheckDigit(payload))]);
      }),
    );
  });

  it("notices any one digit changed", () => {
    fc.assert(
      fc.property(digits(2, 30), fc.nat(), fc.integer({ min: 1, max: 9 }), (payload, position, step) => {
        const number = `${payload}${luhnCheckDigit(payload)}`;
        const at = position % number.length;
        const other = (Number(number[at]) + step) % 10;
        expect(luhnValid(number.slice(0, at) + other + number.slice(at + 1))).toBe(false);
      }),
    );
  });

  it("agrees with the luhn package on 12 to 19 digits, zeros apart", () => {
    const nearlyValid = digits(11, 18).chain((payload) =>
      fc.constantFrom(..."0123456789").map((digit) => payload + digit),
    );
    fc.assert(
      fc.property(nearlyValid, (number) => {
        fc.pre(/[1-9]/.test(number));
        expect(luhnValid(number)).toBe(luhn.validate(number));
      }),
      { numRuns: 2000 },
    );
  });
});
