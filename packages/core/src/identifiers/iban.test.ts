import fc from "fast-check";
import { countrySpecs, isValidIBAN } from "ibantools";
import { describe, expect, it } from "vitest";
import { ibanCharacters, isIban } from "./iban.ts";
import { bbanStructures } from "./iban-countries.ts";
import { mod97 } from "./mod97.ts";

// Examples printed in the IBAN registry.
const registryExamples = [
  "AD1200012030200359100100",
  "AE070331234567890123456",
  "BE68539007547034",
  "BR1800360305000010009795493C1",
  "CH9300762011623852957",
  "DE89370400440532013000",
  "ES9121000418450200051332",
  "FR1420041010050500013M02606",
  "GB29NWBK60161331926819",
  "IE29AIBK93115212345678",
  "IT60X0542811101000000123456",
  "LC55HEMM000100010012001200023015",
  "MT84MALT011000012345MTLCAST001S",
  "MU17BOMM0101101030300200000MUR",
  "NL91ABNA0417164300",
  "NO9386011117947",
  "PL61109010140000071219812874",
  "SA0380000000608010167519",
  "SE4550000000058398257466",
  "TR330006100519786457841326",
];

const classes = { n: "0123456789", a: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", c: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" };

const bbanOf = (structure: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...structure.match(/[0-9]+[nac]/g)!.map((part) => {
        const length = Number(part.slice(0, -1));
        const unit = fc.constantFrom(...classes[part.slice(-1) as "n" | "a" | "c"]);
        return fc.string({ unit, minLength: length, maxLength: length });
      }),
    )
    .map((parts) => parts.join(""));

const checkDigits = (country: string, bban: string): string =>
  String(98 - mod97(`${bban}${country}00`)!).padStart(2, "0");

const anIban: fc.Arbitrary<string> = fc
  .constantFrom(...bbanStructures)
  .chain(([country, structure]) => bbanOf(structure).map((bban) => country + checkDigits(country, bban) + bban));

describe("isIban", () => {
  it.each(registryExamples)("accepts the registry's example %s", (iban) => {
    expect(isIban(iban)).toBe(true);
  });

  it.each(["DE89 3704 0044 0532 0130 00", "de89370400440532013000", "GB29-NWBK-6016-1331-9268-19"])(
    "accepts %s: case and single separators do not matter",
    (text) => {
      expect(isIban(text)).toBe(true);
    },
  );

  it.each([
    ["", "empty"],
    ["DE88370400440532013000", "wrong check digits"],
    ["DE8937040044053201300", "too short for Germany"],
    ["DE893704004405320130000", "too long for Germany"],
    ["DE89370400440532O13000", "a letter in Germany's digits"],
    ["US89370400440532013000", "a country without IBANs"],
    ["DE89  370400440532013000", "two spaces together"],
    ["DE89370400440532013000 ", "a trailing space"],
    ["DE8９370400440532013000", "a full-width digit"],
    ["__proto__", "no IBAN at all"],
  ])("refuses %j: %s", (text) => {
    expect(isIban(text)).toBe(false);
  });

  it("refuses the check digits 00, 01 and 99 even where the remainder is 1", () => {
    const refused: string[] = [];
    for (let account = 0; account < 400 && refused.length < 9; account++) {
      const bban = `37040044${String(account).padStart(10, "0")}`;
      for (const digits of ["00", "01", "99"]) {
        if (mod97(`${bban}DE${digits}`) !== 1) continue;
        refused.push(digits);
        expect(isIban(`DE${digits}${bban}`)).toBe(false);
      }
    }
    expect(new Set(refused)).toEqual(new Set(["00", "01", "99"]));
  });

  it("accepts well-formed account numbers of every country with their computed check digits, printed in fours or not", () => {
    fc.assert(
      fc.property(anIban, (iban) => {
        expect(isIban(iban)).toBe(true);
        expect(ibanCharacters(iban.match(/.{1,4}/g)!.join(" "))).toBe(iban);
      }),
      { numRuns: 1000 },
    );
  });

  it("notices any one digit changed", () => {
    fc.assert(
      fc.property(anIban, fc.nat(), fc.constantFrom(...classes.c), (iban, position, other) => {
        const at = 4 + (position % (iban.length - 4));
        fc.pre(iban[at] !== other);
        // MOD 97-10 promises it for a digit replaced by a digit.
        fc.pre(/[0-9]/.test(iban[at]!) && /[0-9]/.test(other));
        expect(isIban(iban.slice(0, at) + other + iban.slice(at + 1))).toBe(false);
      }),
    );
  });

  it("has the lengths and structures that ibantools has, where that follows the registry", () => {
    // The registry's text wins here: letters or either where ibantools has the other. The last three have no entry in it.
    const known = ["BY", "DO", "GE", "IE", "PK", "PS", "TR", "VG", "CI", "GW", "SN"];
    const differing: string[] = [];
    for (const [country, structure] of bbanStructures) {
      const { chars, bban_regexp: pattern } = countrySpecs[country]!;
      const runs = [...pattern!.matchAll(/(\[[^\]]+\])(?:\{([0-9]+)\})?/g)];
      const theirs = runs.map(([, set, width = "1"]) => classOf(set!).repeat(Number(width))).join("");
      const parts = structure.match(/[0-9]+[nac]/g)!;
      const ours = parts.map((part) => part.slice(-1).repeat(Number(part.slice(0, -1)))).join("");
      expect(`${country}${ours.length + 4}`).toBe(`${country}${chars}`);
      if (ours !== theirs) differing.push(country);
    }
    expect(differing).toEqual(known);
  });

  it("knows every country that ibantools lists as registered, territories that use another country's code apart", () => {
    const territories = ["AX", "BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"];
    const registered = Object.keys(countrySpecs).filter((country) => countrySpecs[country]!.IBANRegistry === true);
    expect(registered.length).toBeGreaterThan(70);
    expect(registered.filter((country) => !bbanStructures.has(country) && !territories.includes(country))).toEqual([]);
  });

  it("accepts with ibantools, whatever the check digits", () => {
    let agreed = 0;
    fc.assert(
      fc.property(anIban, fc.integer({ min: 0, max: 99 }), (iban, digits) => {
        const candidate = iban.slice(0, 2) + String(digits).padStart(2, "0") + iban.slice(4);
        for (const text of [iban, candidate]) {
          if (!isValidIBAN(text)) continue;
          agreed++;
          expect(isIban(text)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    expect(agreed).toBeGreaterThan(100);
  });
});

describe("mod97", () => {
  it("agrees with arithmetic on big integers", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), (number) => {
        expect(mod97(String(number))).toBe(Number(number % 97n));
      }),
    );
  });

  it("counts A to Z as 10 to 35 and refuses everything else", () => {
    expect(mod97("AZ")).toBe(1035 % 97);
    for (const text of ["", "a", "1 2", "é", "-1"]) expect(mod97(text)).toBeNull();
  });
});

function classOf(set: string): string {
  if (set === "[0-9]") return "n";
  return set === "[A-Z]" ? "a" : "c";
}
