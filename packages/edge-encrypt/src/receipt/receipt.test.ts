import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReceipt } from "./parse-receipt.ts";
import { isReceiptHeader, writeReceipt } from "./receipt.ts";

const digest = "A".repeat(43);
const plain = `v=1;p=${digest};m=enforce;f=ssn:2,card-number:1;k=pii-1:${digest},pii-1:${"B".repeat(43)}`;
const seal = `;t=1800000000;r=abc_-==;s=${digest}`;

describe("a receipt", () => {
  it("is read as it is written", () => {
    const ofName = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    const ofDigest = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
    const receipt = fc.record({
      policy: ofDigest,
      mode: fc.constantFrom("enforce" as const, "shadow" as const),
      fields: fc.dictionary(ofName, fc.integer({ min: 1, max: 999_999 })).map((o) => new Map(Object.entries(o))),
      dataKeys: fc
        .dictionary(ofName, fc.array(ofDigest, { minLength: 1, maxLength: 3 }))
        .map((o) => new Map(Object.entries(o))),
    });
    const time = fc.integer({ min: 0, max: 999_999_999_999 });
    const requestId = fc.stringMatching(/^[A-Za-z0-9_=-]{1,128}$/);
    fc.assert(
      fc.property(receipt, fc.option(fc.record({ time, requestId, mac: ofDigest })), (said, signed) => {
        const text = writeReceipt(said, signed);
        const whole = signed === null ? text : `${text};s=${signed.mac}`;
        expect(parseReceipt(whole)).toEqual({ ...said, seal: signed });
      }),
    );
  });

  it("tells data keys of one key apart", () => {
    expect(parseReceipt(plain).dataKeys).toEqual(new Map([["pii-1", [digest, "B".repeat(43)]]]));
  });

  it.each([
    ["nothing", ""],
    ["another version", plain.replace("v=1", "v=2")],
    ["another mode", plain.replace("enforce", "off")],
    ["a field twice", plain.replace("card-number", "ssn")],
    ["a count of zero", plain.replace("ssn:2", "ssn:0")],
    ["a count without end", plain.replace("ssn:2", "ssn:1234567")],
    ["a short digest", plain.replace(digest, digest.slice(1))],
    ["a trailing comma", plain.replace(":1;k", ":1,;k")],
    ["something behind it", `${plain};x=1`],
    ["half a seal", plain + seal.replace(/;s=.*/, "")],
    ["a line break behind it", `${plain}\n`],
  ])("is refused for %s", (_, text) => {
    expect(() => parseReceipt(text)).toThrow(expect.objectContaining({ code: "RECEIPT_INVALID" }));
  });

  it("is read in linear time, whatever it is", () => {
    const list = "a:1,".repeat(5000);
    for (const text of [`v=1;p=${digest};m=enforce;f=${list}`, `v=1;p=${digest};m=enforce;f=;k=${list}`]) {
      expect(() => parseReceipt(text)).toThrow(expect.objectContaining({ code: "RECEIPT_INVALID" }));
    }
  });

  it.each([
    ["x-fieldseal", true],
    ["x_fieldseal", true],
    ["x-fieldseal-secret", false],
    ["fieldseal", false],
  ])("stands in %s: %s", (name, expected) => {
    expect(isReceiptHeader(name)).toBe(expected);
  });
});
