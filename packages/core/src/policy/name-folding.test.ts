import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { soak } from "../../../../test/generators/soak.ts";
import { type Folds, foldName, foldsTo } from "./name-folding.ts";

const marks = ["\u0301", "\u0323", "\u0338", "\u0307", "\u030c"];
const units = [
  ..."abeiksSKEI._- \t<[]",
  "é",
  "ß",
  "ſ",
  "K",
  "İ",
  "ı",
  "Σ",
  "ς",
  "σ",
  "ﬁ",
  "ｓ",
  "\u00a0",
  "😀",
  "@",
  "\0",
  "\u00ad",
  "\u200d",
  ...marks,
];
const names = fc.string({ unit: fc.constantFrom(...units), maxLength: 6 });

function folds(folded: string, name: string): Folds {
  const bytes = Buffer.from(name);
  return foldsTo(folded, bytes, 0, bytes.length);
}

describe("the folding of names", () => {
  it("is prefiltered without losing a name that folds", () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(folds(foldName(name), name)).toMatch(/^(?:yes|perhaps)$/);
      }),
      { numRuns: soak(5000) },
    );
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 8 }),
        fc.constantFrom("NFC", "NFD", "NFKD"),
        (name, form) => {
          const other = name.normalize(form);
          for (const spelling of [other, other.toUpperCase(), other.toLowerCase(), ` ${other}_`]) {
            if (foldName(spelling) !== foldName(name)) continue;
            expect(folds(foldName(name), spelling)).toMatch(/^(?:yes|perhaps)$/);
          }
        },
      ),
      { numRuns: soak(2000) },
    );
  });

  it("is of printable ASCII names what it is of all: a letter beyond ASCII changes nothing in the others", () => {
    const ascii = fc.string({ unit: fc.constantFrom(..."aZk09._- @$[]"), maxLength: 8 });
    fc.assert(
      fc.property(ascii, (name) => {
        expect(foldName(`${name}\u03c0`)).toBe(`${foldName(name)}\u03c0`);
      }),
    );
  });

  it("is prefiltered exactly where the name is ASCII", () => {
    const ascii = fc.string({ unit: fc.constantFrom(..."abAB._- \tk[]@\0"), maxLength: 5 });
    fc.assert(
      fc.property(ascii, ascii, (a, b) => {
        const beginnings = Array.from(b.matchAll(/[\s._@[\]-]/g), ({ index }) => b.slice(0, index + 1));
        const isSame = (part: string): boolean => foldName(part) === foldName(a);
        expect(folds(foldName(a), b)).toBe(isSame(b) ? "yes" : beginnings.some(isSame) ? "in part" : "no");
      }),
      { numRuns: soak(3000) },
    );
  });

  it("forgets case, width, composition and separators", () => {
    const forms = (name: string): string[] => [
      name.toUpperCase(),
      name.toLowerCase(),
      name.normalize("NFD"),
      name.normalize("NFC"),
      ` ${name} `,
      `_${name}-`,
      `[${name}]`,
      `@${name}`,
      `${name}\u200b\0${name}`,
    ];
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 6 }), (name) => {
        fc.pre(/^[\p{L}\p{N}]*$/u.test(name.normalize("NFKC")));
        for (const form of forms(name)) expect(foldName(form)).toBe(foldName(name));
      }),
      { numRuns: soak(1000) },
    );
  });
});
