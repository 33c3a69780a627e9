import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as keyless from "./index.ts";

const { ageBand, coarseCoordinates, dateBucket, hash, mask, numberBucket, postcodePrefix, prefixToken, truncate } =
  keyless;
const key = new Uint8Array(32).fill(9);
const coded = (code: string): unknown => expect.objectContaining({ code });

describe("how much stays", () => {
  test.each([
    ["truncate, first", () => truncate("4111111111111111", { keepFirst: -1 })],
    ["truncate, last", () => truncate("4111111111111111", { keepLast: Number.NaN })],
    ["postcodePrefix", () => postcodePrefix("SW1A 1AA", -1)],
    ["ageBand", () => ageBand(42.5, { width: 0.5 })],
    ["coarseCoordinates", () => coarseCoordinates({ latitude: 51.50135, longitude: -0.14189 }, 101)],
  ])("is a whole number: %s", (_, call) => {
    expect(call).toThrow(coded("CONFIG_INVALID"));
  });
});

describe("redaction", () => {
  test("masks show at most half, behind stars of fixed width", () => {
    expect([mask("4111111111111111", 4), mask("123456", 4), mask("1234", 4)]).toEqual(["****1111", "****456", "****"]);
  });

  test("truncation keeps both ends by grapheme, and nothing of a value that it would not shorten", () => {
    expect(truncate("4111111111111111", { keepFirst: 6, keepLast: 4 })).toBe("4111111111");
    expect(truncate("e\u0301te\u0301", { keepFirst: 1 })).toBe("e\u0301");
    expect(truncate("1234", { keepLast: 4 })).toBe("");
  });

  test("hashes are equal for equal values of one field and tenant, and for nothing else", () => {
    const hashes = [
      hash("ada", { key, field: "name" }),
      hash("ada", { key, field: "name", tenant: "t" }),
      hash("ada", { key, field: "nameada" }),
      hash("adb", { key, field: "name" }),
      hash("ada", { key: new Uint8Array(32), field: "name" }),
    ];
    expect(new Set(hashes).size).toBe(5);
    expect(hash("e\u0301", { key, field: "f" })).toBe(hash("é", { key, field: "f" }));
    for (const wrong of [new Uint8Array(31), "0f".repeat(32), new Array(32).fill(0)]) {
      expect(() => hash("x", { key: wrong as Uint8Array, field: "f" })).toThrow(coded("TOKEN_KEY_INVALID"));
    }
  });
});

describe("generalization", () => {
  test("puts ages into bands, old ones into one", () => {
    expect([0, 9, 10, 42.5, 89, 90, 120].map((age) => ageBand(age))).toEqual([
      "0-9",
      "0-9",
      "10-19",
      "40-49",
      "80-89",
      "90+",
      "90+",
    ]);
    expect(ageBand(88, { width: 25 })).toBe("75-89");
    expect(() => ageBand(-1)).toThrow(coded("VALUE_STRUCTURE_INVALID"));
    expect(() => ageBand(Number.NaN)).toThrow(coded("VALUE_STRUCTURE_INVALID"));
  });

  test("cuts postcodes, and refuses to keep all of one", () => {
    expect([postcodePrefix("sw1a 1aa", 4), postcodePrefix("94103-1234", 3)]).toEqual(["SW1A", "941"]);
    expect(() => postcodePrefix("941", 3)).toThrow(coded("VALUE_TOO_SHORT"));
  });

  test("rounds coordinates", () => {
    expect(coarseCoordinates({ latitude: 51.50135, longitude: -0.14189 }, 2)).toEqual({
      latitude: 51.5,
      longitude: -0.14,
    });
    expect(() => coarseCoordinates({ latitude: 91, longitude: 0 }, 2)).toThrow(coded("VALUE_STRUCTURE_INVALID"));
  });
});

describe("buckets", () => {
  const buckets = { min: -500, max: 12_345, width: 10 };

  test("of numbers sort as text like the numbers, and have one width", () => {
    const number = fc.double({ min: -500, max: 12_344.9, noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [low, high] = [numberBucket(Math.min(a, b), buckets), numberBucket(Math.max(a, b), buckets)];
        expect(low <= high).toBe(true);
        expect(low).toHaveLength(4);
      }),
    );
    for (const outside of [-501, 12_345, Number.NaN]) {
      expect(() => numberBucket(outside, buckets)).toThrow(coded("VALUE_STRUCTURE_INVALID"));
    }
    expect(() => numberBucket(1, { min: 0, max: 10, width: 0 })).toThrow(coded("CONFIG_INVALID"));
  });

  test("of dates are their year, quarter or month", () => {
    expect((["year", "quarter", "month"] as const).map((unit) => dateBucket("2026-11-22", unit))).toEqual([
      "2026",
      "2026-Q4",
      "2026-11",
    ]);
    expect(() => dateBucket("2026-02-30", "year")).toThrow(coded("VALUE_STRUCTURE_INVALID"));
  });

  test("before a hash sort, and tell values apart", () => {
    const token = (date: string): string => prefixToken(date, dateBucket(date, "month"), { key, field: "born" });
    expect(token("2026-11-22")).not.toBe(token("2026-11-23"));
    expect(token("2026-11-30") < token("2026-12-01")).toBe(true);
    expect(token("2026-11-22")).not.toContain("22.");
  });
});
