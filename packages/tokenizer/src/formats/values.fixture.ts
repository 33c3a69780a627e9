// Values of each format, as generators of fast-check that follow its grammar; and keys for the tests that use them.
import { randomInt } from "node:crypto";
import { bbanStructures, isEmail, isUsSsn, luhnCheckDigit, mod97 } from "@fieldseal/core/identifiers";
import fc from "fast-check";

export const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
export const keys = { current: "1", versions: { 1: secret } };
export const below = (n: number): number => randomInt(n);

const digit = fc.constantFrom(..."0123456789");
export const digits = (minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: digit, minLength, maxLength });
const spaced = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.constantFrom("", " ", "-"), fc.integer({ min: 2, max: 6 }))
    .map(([value, separator, every]) => (value.match(new RegExp(`.{1,${every}}`, "g")) ?? []).join(separator));
export const pan = (minLength = 12): fc.Arbitrary<string> =>
  spaced(digits(minLength - 1, 18).map((payload) => payload + luhnCheckDigit(payload)));
export const ssn = fc
  .tuple(
    fc.integer({ min: 1, max: 899 }),
    fc.integer({ min: 1, max: 99 }),
    fc.integer({ min: 1, max: 9999 }),
    fc.constantFrom("", " ", "-"),
  )
  .map(([a, g, s, c]) => [pad(a, 3), pad(g, 2), pad(s, 4)].join(c))
  .filter(isUsSsn);
export const phone = fc
  .tuple(fc.constantFrom("+7", "+44", "+49", "+33", "+353", "+852", "+971"), digits(8, 11))
  .map(([code, number]) => `${code} ${number}`);
export const american = fc
  .tuple(fc.integer({ min: 200, max: 999 }), fc.integer({ min: 200, max: 999 }), digits(4))
  .map(([area, exchange, rest]) => `+1 (${area}) ${exchange}-${rest}`);
const local = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789+_-"),
  minLength: 1,
  maxLength: 12,
});
export const email = fc
  .tuple(
    fc.array(local, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("example.com", "mail.example.co.uk", "x-1.io"),
  )
  .map(([parts, domain]) => `${parts.join(".")}@${domain}`)
  .filter((text) => isEmail(text) && (text.split("@")[0]!.match(/[a-z0-9]/g) ?? []).length >= 4);
export const iban = fc.constantFrom(...bbanStructures).chain(([country, structure]) => {
  const units = { n: "0123456789", a: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", c: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" };
  const parts = structure.match(/[0-9]+[nac]/g)!.map((part) => {
    const length = Number(part.slice(0, -1));
    const unit = fc.constantFrom(...units[part.slice(-1) as "n" | "a" | "c"]);
    return fc.string({ unit, minLength: length, maxLength: length });
  });
  return fc.tuple(...parts).map((all) => {
    const bban = all.join("");
    return `${country}${pad(98 - mod97(`${bban}${country}00`)!, 2)}${bban}`;
  });
});
export const greek = "αβγδεζηθικλμνξοπρστυφχψω";
export const text = (characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength, maxLength });
export const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

export function pad(number: number, length: number): string {
  return String(number).padStart(length, "0");
}
