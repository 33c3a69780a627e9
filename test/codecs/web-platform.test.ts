// Cases of web-platform-tests (vendor/vectors/README.md): what browsers find in forms, and what they send as multipart.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Body, codecOf, refusalOf, scanSelected, selected, utf8 } from "./scan-selected.ts";

function vectors<T>(file: string): readonly T[] {
  const url = new URL(`../../vendor/vectors/web-platform-tests/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as T[];
}

describe("a form of the web platform's tests", () => {
  interface FormCase {
    readonly input: string;
    readonly output: readonly (readonly [string, string])[];
  }

  const mediaType = "application/x-www-form-urlencoded";
  const codec = codecOf(mediaType);
  // Readers differ about a percent sign that begins no escape, as browsers never send it.
  const malformedEscape = /%(?![0-9A-Fa-f]{2})/;

  it.each(vectors<FormCase>("urlencoded-parser-data.json"))("$input", ({ input, output }) => {
    const body: Body = { mediaType, bytes: utf8(input) };
    if (malformedEscape.test(input)) {
      expect(refusalOf(body, ["$.*"])).toBe("FORM_NOT_PLAUSIBLE");
      return;
    }
    const textOf = (start: number, end: number): string => {
      const { bytes } = codec.decodeText(body.bytes, { start, end, escaped: true, isName: false });
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    };
    const pairs = scanSelected(body, ["$.*"]).matches.map(({ outerStart, start, end }) => {
      const nameEnd = body.bytes[start - 1] === 0x3d && start > outerStart ? start - 1 : start;
      return [textOf(outerStart, nameEnd), textOf(start, end)];
    });
    expect(pairs).toEqual(output);
  });
});

describe("a multipart body of the web platform's tests", () => {
  interface MultipartCase {
    readonly description: string;
    /** As it is sent, one character for each byte. */
    readonly name: string;
    readonly value: string;
    readonly filename?: string;
  }

  // What origins read in another way than browsers write it, or in none: refused, so that nothing stands in clear.
  const refused = ["0x00 in name", "0x00 in filename", "backslash in name", "character not in encoding in filename"];

  it.each(vectors<MultipartCase>("multipart-formdata.json"))(
    "$description",
    ({ description, name, value, filename }) => {
      const headers =
        filename === undefined
          ? [`Content-Disposition: form-data; name="${name}"`]
          : [`Content-Disposition: form-data; name="${name}"; filename="${filename}"`, "Content-Type: text/plain"];
      const text = ["--XX", ...headers, "", value, "--XX--", ""].join("\r\n");
      const body: Body = { mediaType: "multipart/form-data; boundary=XX", bytes: Buffer.from(text, "latin1") };
      if (refused.includes(description)) {
        expect(refusalOf(body, ["$.*"])).toMatch(/^(?:BODY_MALFORMED|BODY_NOT_UTF8)$/);
        return;
      }
      const meant = Buffer.from(name, "latin1").toString().replaceAll("%0D%0A", "\r\n").replaceAll("%22", '"');
      const asText = Buffer.from(value, "latin1").toString();
      expect(selected(body, "$.*")).toEqual([asText]);
      expect(selected(body, `$[${JSON.stringify(meant)}]`)).toEqual([asText]);
    },
  );
});
