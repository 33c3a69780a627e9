import { Buffer } from "node:buffer";
import { type FormatSettings, findSealed } from "@fieldseal/core/envelope";
import type { FieldsealError } from "@fieldseal/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLastWrapped } from "./last-wrapped.ts";

const settings: FormatSettings = { hasKid: () => true, direct: [], cloudfrontNative: [] };
const base64url = (length: number, fill: number): string => Buffer.alloc(length, fill).toString("base64url");
const one = base64url(256, 0xa7);
const sealed = base64url(60, 0x3c);

// The same key, others, and segments that begin or end as it does.
const wrappedKey = fc.constantFrom(one, base64url(256, 0x11), `${one}AAAA`, one.slice(0, -4), `A${one.slice(1)}`, "");
const envelope = fc
  .record({ wrapped: wrappedKey, field: fc.constantFrom("ssn", "a.b", ""), end: fc.constantFrom(".fs", "", ".f") })
  .map(({ wrapped, field, end }) => `fs1.r.k.${field}.${wrapped}.${sealed}${end}`);
const text = fc.array(envelope, { minLength: 1, maxLength: 3 }).map((envelopes) => envelopes.join(" "));

function found(body: string, lastWrapped: FormatSettings["lastWrapped"]): unknown {
  try {
    const values = findSealed(Buffer.from(body), lastWrapped === undefined ? settings : { ...settings, lastWrapped });
    return values.map(({ value, start, end }) => [value.kid, value.fields, Buffer.from(value.wrapped), start, end]);
  } catch (error) {
    return (error as FieldsealError).code;
  }
}

describe("the wrapped key that was read last", () => {
  it("changes nothing of what is found", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
        const last = createLastWrapped();
        for (const body of texts) expect(found(body, last)).toEqual(found(body, undefined));
      }),
      { numRuns: 2000 },
    );
  });

  it("is decoded once for all that share it", () => {
    const last = createLastWrapped();
    const [first, second] = ["ssn", "pan"].map(
      (field) => findSealed(Buffer.from(`fs1.r.k.${field}.${one}.${sealed}.fs`), { ...settings, lastWrapped: last })[0],
    );
    expect(second!.value.wrapped).toBe(first!.value.wrapped);
  });
});
