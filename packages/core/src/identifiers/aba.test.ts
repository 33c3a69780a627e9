import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAbaRoutingNumber } from "./aba.ts";

describe("isAbaRoutingNumber", () => {
  it.each(["021000021", "011401533", "091000019", "121000248", "322271627", "800000019"])("accepts %s", (text) => {
    expect(isAbaRoutingNumber(text)).toBe(true);
  });

  it.each([
    ["", "empty"],
    ["021000022", "wrong check digit"],
    ["02100002", "eight digits"],
    ["0210000210", "ten digits"],
    ["000000000", "zeros"],
    ["021-000021", "a dash"],
    ["０21000021", "a full-width digit"],
    ["130000006", "prefix 13"],
    ["200000004", "prefix 20"],
    ["330000000", "prefix 33"],
    ["730000008", "prefix 73"],
    ["900000003", "prefix 90"],
  ])("refuses %j: %s", (text) => {
    expect(isAbaRoutingNumber(text)).toBe(false);
  });

  it("accepts exactly one last digit behind an assigned prefix", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 12_999_999 }), (number) => {
        const payload = String(number).padStart(8, "0");
        const valid = Array.from("0123456789").filter((digit) => isAbaRoutingNumber(payload + digit));
        expect(valid).toHaveLength(1);
      }),
    );
  });
});
