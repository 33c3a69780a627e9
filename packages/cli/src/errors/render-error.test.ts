import { FieldsealError } from "@fieldseal/core/errors";
import { describe, expect, it } from "vitest";
import { LocatedError } from "./located-error.ts";
import { exitCodeOf, renderError } from "./render-error.ts";

const plain = { json: false, usage: null };
const details = { field: "ssn", selector: "$.ssn", offset: 7, hint: "do this" };

describe("renderError", () => {
  it("writes code, message, details and hint", () => {
    const error = new FieldsealError("FIELD_OVERLAP", "two rules", details);
    expect(renderError(error, plain)).toBe(
      "error[FIELD_OVERLAP]: two rules\n  field: ssn  selector: $.ssn  offset: 7\nhint: do this",
    );
  });

  it("writes one line of JSON, with the place in the file", () => {
    const error = new LocatedError(new FieldsealError("POLICY_INVALID", "no", details), {
      file: "p",
      line: 2,
      column: 3,
    });
    const text = renderError(error, { json: true, usage: "fieldseal x" });
    expect(text).not.toContain("\n");
    const expected = {
      code: "POLICY_INVALID",
      message: "no",
      file: "p",
      line: 2,
      column: 3,
      ...details,
      retryable: false,
    };
    expect(JSON.parse(text)).toEqual({ error: expected });
  });

  it("shows nothing of an error that is not ours but its class", () => {
    const canary = new TypeError("078-05-1120");
    for (const json of [true, false]) {
      const text = renderError(canary, { json, usage: null });
      expect(text).toContain("INTERNAL_ERROR");
      expect(text).toContain("TypeError");
      expect(text).not.toContain("078-05");
    }
  });

  it("lets no control character through to the terminal", () => {
    const text = renderError(new FieldsealError("FILE_EXISTS", "a\u001b[31m\u202eb\r\n"), plain);
    expect(text).toBe("error[FILE_EXISTS]: a\\u{1b}[31m\\u{202e}b\\u{d}\\u{a}");
  });
});

describe("exitCodeOf", () => {
  it("is 2 for wrong usage and 1 for everything else", () => {
    expect(exitCodeOf(new FieldsealError("USAGE_INVALID", ""))).toBe(2);
    expect(exitCodeOf(new FieldsealError("FILE_EXISTS", ""))).toBe(1);
    expect(exitCodeOf(new Error(""))).toBe(1);
  });
});
