import { describe, expect, it } from "vitest";
import { FieldsealError } from "../errors/index.ts";
import { parseMediaType } from "./media-type.ts";
import { codecFor } from "./registry.ts";

function codeOf(value: string): string {
  try {
    parseMediaType(value);
    return "accepted";
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

describe("media types", () => {
  it.each([
    ["application/json", "application/json", {}],
    ["Application/JSON ; Charset=UTF-8", "application/json", { charset: "UTF-8" }],
    ['application/json;charset="utf-8"', "application/json", { charset: "utf-8" }],
    ["application/json; charset=us-ascii", "application/json", { charset: "us-ascii" }],
    ["application/json;", "application/json", {}],
    ["application/json;;a=b; ;c=d", "application/json", { a: "b", c: "d" }],
    ['multipart/form-data; boundary="a b;c"', "multipart/form-data", { boundary: "a b;c" }],
    ['text/plain; a=""', "text/plain", { a: "" }],
    ["\tapplication/vnd.api+json\t", "application/vnd.api+json", {}],
  ])("%j is %s", (value, essence, parameters) => {
    const parsed = parseMediaType(value);
    expect(parsed.essence).toBe(essence);
    expect(Object.fromEntries(parsed.parameters)).toEqual(parameters);
  });

  it.each([
    "application",
    "application/",
    "/json",
    "application /json",
    "application/json, text/plain",
    "application/json text/plain",
    "application/json; charset",
    "application/json; charset=",
    "application/json; charset = utf-8",
    'application/json; charset="utf-8',
    'application/json; charset="utf\\-8"',
    "application/json; charset=utf-8; charset=utf-8",
    "application/json; charset=utf-8; CHARSET=latin1",
    "application/json; =x",
    "appl\u0131cation/json",
    "application/json\u00a0x",
    "application/json\r\nx: y",
    `application/${"j".repeat(1020)}`,
  ])("%j is MEDIA_TYPE_MISMATCH", (value) => {
    expect(codeOf(value)).toBe("MEDIA_TYPE_MISMATCH");
  });

  it.each(["", " ", "\t"])("%j is MEDIA_TYPE_MISSING", (value) => {
    expect(codeOf(value)).toBe("MEDIA_TYPE_MISSING");
  });

  it.each(["latin1", "utf-16", "utf-7", "iso-8859-1", '"UTF-16LE"'])("charset=%s is CHARSET_UNSUPPORTED", (charset) => {
    expect(codeOf(`application/json; charset=${charset}`)).toBe("CHARSET_UNSUPPORTED");
  });

  it.each([
    ["application/json", "json"],
    ["application/problem+json", "json"],
    ["application/x-www-form-urlencoded", "form"],
    ["text/json", undefined],
    ["application/jsonp", undefined],
    ["application/x-www-form-urlencoded2", undefined],
  ])("%s is read by the codec %s", (value, name) => {
    expect(codecFor(parseMediaType(value))?.name).toBe(name);
  });
});
