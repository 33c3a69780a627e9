import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEmail } from "./email.ts";

describe("isEmail", () => {
  it.each([
    "a@b.io",
    "ada.lovelace+news@example.co.uk",
    "o'brien@example.com",
    "UPPER_case-1@sub.Example.COM",
    "x@xn--bcher-kva.example",
    "x@example.xn--p1ai",
    `${"a".repeat(64)}@example.com`,
  ])("accepts %s", (text) => {
    expect(isEmail(text)).toBe(true);
  });

  it.each([
    ["", "empty"],
    ["example.com", "no @"],
    ["@example.com", "no local part"],
    ["a@", "no host"],
    ["a@localhost", "one label"],
    ["a@b@example.com", "two @"],
    [".a@example.com", "a leading dot"],
    ["a.@example.com", "a trailing dot"],
    ["a..b@example.com", "two dots together"],
    ["a b@example.com", "a space"],
    ["a@exa mple.com", "a space in the host"],
    ["a@-example.com", "a label that begins with a dash"],
    ["a@example-.com", "a label that ends with a dash"],
    ["a@example..com", "an empty label"],
    ["a@example.com.", "a trailing dot in the host"],
    ["a@127.0.0.1", "an address for a host"],
    ["a@example.c", "a top-level domain of one letter"],
    ["logo@2x.png", "a file name"],
    ["icon@3x.min.JS", "a file name in upper case"],
    ["a@exämple.com", "a letter outside ASCII"],
    ['"a b"@example.com', "a quoted local part"],
    [`${"a".repeat(65)}@example.com`, "a local part of 65 characters"],
    [`a@${"b".repeat(64)}.com`, "a label of 64 characters"],
    [`a@${"b.".repeat(130)}com`, "more than 254 characters"],
    ["a@example.com\n", "a line feed"],
  ])("refuses %j: %s", (text) => {
    expect(isEmail(text)).toBe(false);
  });

  it("accepts atoms joined by dots at labels joined by dots", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    const atom = fc.string({ unit: fc.constantFrom(...letters, ..."!#$%&'*+/=?^_`{|}~-"), minLength: 1, maxLength: 9 });
    const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 20 });
    const parts = fc.tuple(
      fc.array(atom, { minLength: 1, maxLength: 5 }),
      fc.array(name, { minLength: 1, maxLength: 5 }),
      fc.constantFrom("com", "museum", "de", "app"),
    );
    fc.assert(
      fc.property(parts, ([atoms, names, top]) => {
        expect(isEmail(`${atoms.join(".")}@${names.join(".")}.${top}`)).toBe(true);
      }),
    );
  });
});
