import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundDecimal } from "./round-decimal.ts";

describe("roundDecimal", () => {
  it.each([
    ["51.50735", 2, "51.51"],
    ["-0.12776", 2, "-0.13"],
    ["0.005", 2, "0.01"],
    ["-0.004", 2, "0.00"],
    ["9.999", 2, "10.00"],
    ["99.5", 0, "100"],
    ["0.04", 0, "0"],
    ["123456789012345678901234567890.15", 1, "123456789012345678901234567890.2"],
  ])("rounds %s to %i decimals, half away from zero: %s", (text, decimals, rounded) => {
    expect(roundDecimal(text, decimals)).toBe(rounded);
  });

  it.each(["1", "1.0", "-12.34", "0"])("leaves %s as it is spelled where it has no more decimals", (text) => {
    expect(roundDecimal(text, 2)).toBe(text);
  });

  it.each(["1e5", "", ".5", "5.", "+1", "0x1", "1,5", "NaN", "1 ", "١"])("is not for %j", (text) => {
    expect(roundDecimal(text, 2)).toBeNull();
  });

  it("is never further than half a unit of the last decimal from the value, and has that many decimals", () => {
    const parts = fc.tuple(
      fc.boolean(),
      fc.bigInt(0n, 10n ** 20n),
      fc.bigInt(0n, 10n ** 12n - 1n),
      fc.integer({ min: 0, max: 11 }),
    );
    fc.assert(
      fc.property(parts, ([negative, whole, fraction, decimals]) => {
        const digits = fraction.toString().padStart(12, "0");
        const rounded = roundDecimal(`${negative ? "-" : ""}${whole}.${digits}`, decimals)!;
        const [to = "", places = ""] = rounded.replace("-", "").split(".");
        const scale = 10n ** BigInt(12 - decimals);
        const distance = BigInt(to + places) * scale - BigInt(whole + digits);
        expect(places).toHaveLength(decimals);
        expect((distance < 0n ? -distance : distance) * 2n <= scale).toBe(true);
      }),
    );
  });
});
