import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldsealError } from "../errors/index.ts";
import { nearestName } from "./nearest-name.ts";
import { readObject, readOneOf } from "./reader.ts";

const hintOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    return (error as FieldsealError).hint;
  }
  throw new Error("accepted");
};

const place = (value: unknown) => ({ value, pointer: "", code: "POLICY_INVALID" }) as const;

describe("a property that is not known", () => {
  it.each([
    ["selekt", "select"],
    ["field", "fields"],
    ["Select", "select"],
    ["key_id", "keyId"],
    ["acitons", "action"],
  ])("%s has the hint %s", (name, meant) => {
    const known = ["name", "select", "action", "fields", "keyId"];
    expect(hintOf(() => readObject(place({ [name]: 1 }), known))).toBe(`did you mean "${meant}"?`);
  });

  it("has no hint where no name is near, and none is invented for long ones", () => {
    expect(hintOf(() => readObject(place({ frobnicate: 1 }), ["name", "select"]))).toBeUndefined();
    expect(hintOf(() => readObject(place({ [`name${"e".repeat(100_000)}`]: 1 }), ["name"]))).toBeUndefined();
  });
});

describe("a choice that is not offered", () => {
  it("has the one that was meant as its hint, and no hint for what is no text", () => {
    expect(hintOf(() => readOneOf(place("encyrpt"), ["encrypt", "mask"]))).toBe('did you mean "encrypt"?');
    expect(hintOf(() => readOneOf(place(7), ["encrypt", "mask"]))).toBeUndefined();
  });
});

describe("the nearest name", () => {
  it("is always a known one, and a known one is nearest to itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (name, known) => {
        const nearest = nearestName(name, known);
        expect(nearest === null || known.includes(nearest)).toBe(true);
        expect(nearestName(known[0]!, known)).toBe(known[0]);
      }),
    );
  });
});
