import { describe, expect, it } from "vitest";
import { refusalOf, scanSelected, selected, textOf, utf8 } from "../../../../test/codecs/scan-selected.ts";
import { ValueKind } from "./match.ts";

const mediaType = "multipart/form-data; boundary=XX";
const raw = (bytes: string | Uint8Array, type = mediaType) => ({
  mediaType: type,
  bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
});
const part = (headers: string, value: string) => `--XX\r\n${headers}\r\n\r\n${value}\r\n`;
const body = (...parts: string[]) => raw(`${parts.join("")}--XX--\r\n`);

function unreached(form: ReturnType<typeof raw>, selector: string): string[] {
  const matches = scanSelected(form, [selector]).matches.filter(({ kind }) => kind === ValueKind.unread);
  return matches.map(({ start, end }) => textOf(form.bytes.subarray(start, end)));
}

describe("documents in parts", () => {
  const json = '{"variables":{"ssn":"078-05-1120"}}';
  const xml = "<a><b>1</b><ssn>078-05-1120</ssn></a>";
  it.each([
    ["name=customer\r\nContent-Type: application/json", json],
    ["name=customer\r\nContent-Type: Application/Fhir+JSON; charset=utf-8", json],
    ['name=customer; filename="blob"\r\nContent-Type: application/json', json],
    ["name=operations", `\ufeff ${json}`],
    ["name=operations\r\nContent-Type: text/plain", `[${json}]`],
    ["name=doc\r\nContent-Type: text/xml", xml],
    ["name=doc\r\nContent-Type: application/json", '{"SSN":1}'],
    ["name=doc\r\nContent-Type: application/x-json", json],
    // Spring and JAX-RS bind a part by its type, whether it is a file or not.
    ["name=doc; filename=x.xml\r\nContent-Type: application/xml", xml],
    // To some readers these are no files: without a type (formidable), an empty name (busboy), `filename*` (Python).
    ["name=doc; filename=x.json", json],
    ['name=doc; filename=""\r\nContent-Type: text/plain', json],
    ["name=doc; filename*=UTF-8''x\r\nContent-Type: text/plain", json],
  ])("are noted where a rule selects in them: %s %s", (headers, value) => {
    const form = body(part(`Content-Disposition: form-data; ${headers}`, value));
    expect(unreached(form, "$..ssn")).toEqual([value]);
    expect(unreached(form, "$.ssn")).toEqual([]);
    expect(unreached(form, "$..iban")).toEqual([]);
    expect(selected(form, "$.*")).toEqual([value]);
  });

  it.each([
    ["name=n", "{ssn}"],
    ["name=n", "[urgent] ssn"],
    ["name=n; filename=x.json\r\nContent-Type: application/octet-stream", json],
    ["name=n; filename*=UTF-8''x; filename=x\r\nContent-Type: text/plain", "PK"],
    ["name=n; filename=x.svg\r\nContent-Type: image/svg+xml", "<!DOCTYPE a><ssn/>"],
    ["name=n; filename=x.docx\r\nContent-Type: application/vnd.openxmlformats-officedocument", "PK"],
  ])("are text, or files, where they say nothing else: %s %s", (headers, value) => {
    expect(unreached(body(part(`Content-Disposition: form-data; ${headers}`, value)), "$..ssn")).toEqual([]);
  });

  it.each([
    ["name=n\r\nContent-Type: application/json", '{"ssn":1', "BODY_MALFORMED"],
    // Python writes and reads NaN.
    ["name=n", '{"ssn":"078-05-1120","n":NaN}', "BODY_MALFORMED"],
    ["name=n", '[\n[ {"ssn":"078-05-1120"}],]', "BODY_MALFORMED"],
    ["name=n; filename=x\r\nContent-Type: application/xml", "<!DOCTYPE a><ssn/>", "XML_DTD_REFUSED"],
  ])(
    "are read strictly where they are declared, or begin with a member of an object: %s %s",
    (headers, value, code) => {
      const form = body(part(`Content-Disposition: form-data; ${headers}`, value));
      expect(refusalOf(form, ["$..ssn"])).toBe(code);
      expect(refusalOf(form, ["$.ssn"])).toBe(null);
    },
  );

  it("are refused with the offset in the body", () => {
    for (const [type, value] of [
      ["application/json", '{"a":?}'],
      ["text/xml", "<a>&</a>"],
      ["application/json", '{"a":"\\'],
    ]) {
      const form = body(part(`Content-Disposition: form-data; name=n\r\nContent-Type: ${type}`, value!));
      const offset = textOf(form.bytes).search(/[?&\\]/);
      expect(() => scanSelected(form, ["$..ssn"])).toThrow(expect.objectContaining({ code: "BODY_MALFORMED", offset }));
    }
  });

  it("are noted where what a selector counts are the elements of an array in the one part of that name", () => {
    const form = (value: string) => body(part("Content-Disposition: form-data; name=phones", value));
    const phones = '["1","2"]';
    for (const selector of ["$.phones[1]", "$.phones[-2]", "$.phones[1:]"]) {
      expect(unreached(form(phones), selector)).toEqual([phones]);
      expect(unreached(form("[1"), selector)).toEqual([]);
    }
    expect(unreached(form(phones), "$.phones[2]")).toEqual([]);
    expect(selected(form(phones), "$.phones[0]")).toEqual([phones]);
  });

  it("are noted where something in them has another shape than the selector expects", () => {
    const form = (value: string) => body(part("Content-Disposition: form-data; name=n", value));
    for (const value of ['{"ssn":"078-05-1120"}', '{"ssn":{"a":"078-05-1120"}}']) {
      expect(unreached(form(value), "$..ssn[0]")).toEqual([value]);
    }
    expect(unreached(form('{"ssn":[]}'), "$..ssn[0]")).toEqual([]);
  });
});
