import { FieldsealError } from "@fieldseal/core/errors";
import { describe, expect, it } from "vitest";
import { parseJsonFile } from "./json-file.ts";

const read = (text: string): ReturnType<typeof parseJsonFile<unknown>> => {
  return parseJsonFile("f.json", new TextEncoder().encode(text), "CONFIG_INVALID", (value) => value);
};

describe("parseJsonFile", () => {
  it.each([
    ["", '{\n  "a": 1\n}', 1, 1],
    ["/a", '{\n  "a": 1\n}', 2, 3],
    ["/a/1", '{"a":[10,\n 20]}', 2, 2],
    ["/a~1b~0/x", '{"a/b~":{"\\u0078":1}}', 1, 10],
    ["/é/b", '{"é": {"b": 1}}', 1, 8],
  ])("locates %s", (pointer, text, line, column) => {
    expect(read(text).locate(pointer)).toEqual({ file: "f.json", line, column });
  });

  it("reads a file that begins with a byte order mark", () => {
    expect(read("\ufeff[1]").document).toEqual([1]);
  });

  it.each([
    ["malformed JSON", "[1,\n 2,]", { line: 2, column: 4 }],
    ["a member that is there twice", '{"a":1,\n"\\u0061":2}', { line: 2, column: 1 }],
  ])("refuses %s at its place", (_, text, place) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", place: { file: "f.json", ...place } }),
    );
  });

  it("says that an empty file is empty", () => {
    expect(() => read("")).toThrow(expect.objectContaining({ message: "the file is empty" }));
  });

  it("tells what nests too deep from malformed JSON", () => {
    const deep = "[".repeat(2000) + "]".repeat(2000);
    expect(() => read(deep)).toThrow(expect.objectContaining({ message: "this nests too deep" }));
  });

  it("tells UTF-16, which Windows PowerShell writes, from malformed JSON", () => {
    const bytes = Buffer.from("\ufeff[1]", "utf16le");
    const call = (): unknown => parseJsonFile("f", bytes, "CONFIG_INVALID", (value) => value);
    expect(call).toThrow(expect.objectContaining({ hint: expect.stringContaining("UTF-8") }));
    expect(() => read("[1,]")).toThrow(expect.not.objectContaining({ hint: expect.anything() }));
  });

  it("gives errors of the reader the place of their pointer, and keeps their code and hint", () => {
    const fail = (): never => {
      throw new FieldsealError("POLICY_UNSUPPORTED", "no", { pointer: "/a", hint: "do" });
    };
    const bytes = new TextEncoder().encode('{ "a": 1 }');
    const expected = { code: "POLICY_UNSUPPORTED", hint: "do", place: { file: "f", line: 1, column: 3 } };
    expect(() => parseJsonFile("f", bytes, "POLICY_INVALID", fail)).toThrow(expect.objectContaining(expected));
  });
});
