import { describe, expect, it } from "vitest";
import { refusalOf, utf8 } from "../../../../test/codecs/scan-selected.ts";
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

describe("ISO-8859-1, as Java's clients declare it", () => {
  const form = "application/x-www-form-urlencoded";
  it.each([
    ["application/json", '{"ssn":"\\u00e9 %E9"}', null],
    ["application/json", '{"ssn":"é"}', "CHARSET_UNSUPPORTED"],
    ["text/xml", "<a>&#233;</a>", null],
    ["text/xml", "<a>é</a>", "CHARSET_UNSUPPORTED"],
    [form, "ssn=a+%7E", null],
    [form, "ss%ADn=1", "CHARSET_UNSUPPORTED"],
    [form, "ssn=%e9", "CHARSET_UNSUPPORTED"],
    [form, "ssn=é", "CHARSET_UNSUPPORTED"],
  ])("is read where it is ASCII: %s %s", (mediaType, text, code) => {
    for (const charset of ["ISO-8859-1", '"iso-8859-1"']) {
      expect(refusalOf({ mediaType: `${mediaType}; charset=${charset}`, bytes: utf8(text) }, ["$..x"])).toBe(code);
    }
  });
});

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

  it.each(["latin1", "utf-16", "utf-7", "iso-8859-15", '"UTF-16LE"', '""'])(
    "charset=%s is CHARSET_UNSUPPORTED",
    (charset) => {
      expect(codeOf(`application/json; charset=${charset}`)).toBe("CHARSET_UNSUPPORTED");
    },
  );

  it.each([
    ["application/json", "json"],
    ["application/problem+json", "json"],
    ["application/x-www-form-urlencoded", "form"],
    ["application/vnd.elasticsearch+x-ndjson; compatible-with=8", "ndjson"],
    ["application/x-ndjson", "ndjson"],
    ["application/jsonl", "ndjson"],
    ["application/x-jsonlines", "ndjson"],
    ["text/json", undefined],
    ["application/jsonp", undefined],
    ["application/x-www-form-urlencoded2", undefined],
  ])("%s is read by the codec %s", (value, name) => {
    expect(codecFor(parseMediaType(value))?.name).toBe(name);
  });
});
