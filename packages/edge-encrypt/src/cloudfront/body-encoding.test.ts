import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBody } from "./body-encoding.ts";

function decoded(data: string, encoding: string): Uint8Array | null {
  try {
    return decodeBody(data, encoding);
  } catch (error) {
    expect((error as { code: unknown }).code).toBe("BODY_ENCODING_INVALID");
    return null;
  }
}

describe("the body of an event", () => {
  it("in base64 is taken exactly where it is what its bytes encode to", () => {
    const unit = fc.constantFrom(..."AAAQgwZz09+/==-_ \n\u00e9\u0141");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (data) => {
        const bytes = Buffer.from(data, "base64");
        const isCanonical = bytes.toString("base64") === data;
        expect(decoded(data, "base64")).toEqual(isCanonical ? bytes : null);
      }),
      { numRuns: 20_000 },
    );
  });

  it("in base64 is taken whatever its bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decoded(Buffer.from(bytes).toString("base64"), "base64")).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("in text is its UTF-8", () => {
    expect(decoded("\u00e9", "text")).toEqual(Buffer.from("\u00e9"));
  });
});
