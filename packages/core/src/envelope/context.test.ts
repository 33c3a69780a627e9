import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../../../test/crypto/error-code.ts";
import { encodeContext } from "./context.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const lp = (text: string): string => text.length.toString(16).padStart(8, "0") + hex(Buffer.from(text));
const keys = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);
const values = fc.string({ unit: "binary", minLength: 1, maxLength: 64 });
const contexts = fc.dictionary(keys, values, { maxKeys: 16, noNullPrototype: true });

describe("canonical context", () => {
  it("of no pairs is a count of zero", () => {
    expect(hex(encodeContext({}))).toBe("0000");
  });

  it("is a count and the length-prefixed pairs", () => {
    expect(hex(encodeContext({ app: "é" }))).toBe(`0001${lp("app")}00000002c3a9`);
  });

  it("orders pairs by the bytes of their keys, whatever the order they were given in", () => {
    const sorted = encodeContext({ "-": "1", "0": "2", _: "3", a: "4", aa: "5", b: "6" });
    expect(encodeContext({ b: "6", aa: "5", a: "4", _: "3", "-": "1", "0": "2" })).toEqual(sorted);
    const keysInOrder = ["-", "0", "_", "a", "aa", "b"].map((key, i) => `${lp(key)}${lp(String(i + 1))}`);
    expect(hex(sorted)).toBe(`0006${keysInOrder.join("")}`);
  });

  it("binds a key that objects treat specially", () => {
    const context = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(hex(encodeContext(context))).toBe(`0001${lp("__proto__")}${lp("x")}`);
  });

  it("never normalises: composed and decomposed spellings differ", () => {
    expect(encodeContext({ a: "\u00e9" })).not.toEqual(encodeContext({ a: "e\u0301" }));
  });

  it("is the same for two contexts only where they are the same", () => {
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(hex(encodeContext(a)) === hex(encodeContext(b))).toBe(same);
      }),
    );
  });

  it.each([
    ["empty", ""],
    ["65 characters", "k".repeat(65)],
    ["an upper-case letter", "Tenant"],
    ["a dot", "a.b"],
    ["a space", "a b"],
    ["a line feed at the end", "a\n"],
    ["a letter outside ASCII", "é"],
  ])("refuses a key that is %s", (_, key) => {
    expect(codeOf(() => encodeContext({ [key]: "x" }))).toBe("CONTEXT_INVALID");
  });

  it.each([
    ["empty", ""],
    ["of 257 bytes", "x".repeat(257)],
    ["of 129 characters in 258 bytes", "é".repeat(129)],
    ["with a lone high surrogate", "a\ud800"],
    ["with a lone low surrogate", "\udc00a"],
  ])("refuses a value that is %s", (_, value) => {
    expect(codeOf(() => encodeContext({ key: value }))).toBe("CONTEXT_INVALID");
  });

  it("takes the longest key, the longest value and sixteen pairs, and refuses a seventeenth", () => {
    const pairs = Array.from({ length: 16 }, (_, i) => [`${i}`.padEnd(64, "k"), "é".repeat(128)] as const);
    expect(encodeContext(Object.fromEntries(pairs))).toHaveLength(2 + 16 * (4 + 64 + 4 + 256));
    expect(codeOf(() => encodeContext(Object.fromEntries([...pairs, ["one-more", "x"]])))).toBe("CONTEXT_INVALID");
  });

  it("names the key of a wrong value, never the value", () => {
    expect(() => encodeContext({ tenant: `canary${"x".repeat(300)}` })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("canary") }),
    );
  });
});
