import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUsItin, isUsSsn } from "./us-ssn.ts";

const nineDigits: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 999_999_999 })
  .map((number) => String(number).padStart(9, "0"));
const dashed = (digits: string): string => `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`;

describe("isUsSsn", () => {
  it.each(["536-90-4399", "536904399", "536 90 4399", "001-01-0001", "899-99-9998", "665-01-0001", "667-01-0001"])(
    "accepts %s",
    (text) => {
      expect(isUsSsn(text)).toBe(true);
    },
  );

  it.each([
    ["000-12-3456", "area 000"],
    ["666-12-3456", "area 666"],
    ["900-12-3456", "area 900"],
    ["987-65-4320", "area 987"],
    ["123-00-4567", "group 00"],
    ["123-45-0000", "serial 0000"],
    ["078-05-1120", "the number that was printed on wallets"],
    ["111-11-1111", "one digit repeated"],
    ["123-456789", "one dash"],
    ["123-45 6789", "mixed separators"],
    ["1234-5-6789", "dashes elsewhere"],
    ["536-90-43990", "ten digits"],
    ["536-90-4399\n", "a line feed"],
    ["", "empty"],
  ])("refuses %j: %s", (text) => {
    expect(isUsSsn(text)).toBe(false);
  });

  it("judges the three spellings of a number alike", () => {
    fc.assert(
      fc.property(nineDigits, (digits) => {
        expect(isUsSsn(dashed(digits))).toBe(isUsSsn(digits));
        expect(isUsSsn(dashed(digits).replaceAll("-", " "))).toBe(isUsSsn(digits));
      }),
    );
  });
});

describe("isUsItin", () => {
  it.each(["912-70-1234", "900-50-0000", "999-65-1234", "912-88-1234", "912-90-1234", "912-92-1234", "912941234"])(
    "accepts %s",
    (text) => {
      expect(isUsItin(text)).toBe(true);
    },
  );

  it.each([
    "899-70-1234",
    "912-49-1234",
    "912-66-1234",
    "912-69-1234",
    "912-89-1234",
    "912-93-1234",
    "912-7-01234",
    "",
  ])("refuses %s", (text) => {
    expect(isUsItin(text)).toBe(false);
  });

  it("shares no number with the SSNs", () => {
    fc.assert(
      fc.property(nineDigits, (digits) => {
        expect(isUsSsn(digits) && isUsItin(digits)).toBe(false);
      }),
    );
  });
});
