import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf, refusalOf, scanSelected, selected, textOf, utf8 } from "../../../../test/codecs/scan-selected.ts";

const mediaType = "multipart/form-data; boundary=XX";
const raw = (bytes: string | Uint8Array, type = mediaType) => ({
  mediaType: type,
  bytes: typeof bytes === "string" ? utf8(bytes) : bytes,
});
const part = (headers: string, value: string) => `--XX\r\n${headers}\r\n\r\n${value}\r\n`;
const named = (name: string, value = "v") => part(`Content-Disposition: form-data; name="${name}"`, value);
const body = (...parts: string[]) => raw(`${parts.join("")}--XX--\r\n`);
const codec = codecOf(mediaType);

describe("multipart selectors", () => {
  const form = body(
    named("ssn", "123-45-6789"),
    named("ssn[]", "second"),
    named("ssn[home]", ""),
    named("other", "--X\r\n\r\nssn"),
    part('content-disposition:FORM-DATA;Name=card ; filename="a;b\\"c.txt"\r\nContent-Type: text/plain', "4111"),
  );
  it.each([
    ["$.ssn", ["123-45-6789", "second", ""]],
    ["$..ssn", ["123-45-6789", "second", ""]],
    ["$.ssn[0]", ["123-45-6789"]],
    ["$.ssn[-1]", [""]],
    ["$.ssn[1:]", ["second", ""]],
    ["$.ssn[*]", ["123-45-6789", "second", ""]],
    ["$.card", ["4111"]],
    ["$['other','card']", ["--X\r\n\r\nssn", "4111"]],
    ["$.*", ["123-45-6789", "second", "", "--X\r\n\r\nssn", "4111"]],
  ])("%s", (selector, values) => {
    expect(selected(form, selector)).toEqual(values);
  });

  it("gives the span of the whole part, which leaves a well-formed body when it is cut out", () => {
    const { matches } = scanSelected(form, ["$.card", "$.ssn[0]"]);
    const bytes = [...form.bytes];
    for (const { outerStart, outerEnd } of matches.reverse()) bytes.splice(outerStart, outerEnd! - outerStart);
    expect(selected(raw(Uint8Array.from(bytes)), "$.*")).toEqual(["second", "", "--X\r\n\r\nssn"]);
  });

  it.each([
    ["a%22b", '$["a\\"b"]'],
    ["a%0D%0Ab", '$["a\\r\\nb"]'],
    ["a%0d%0ab", '$["a\\r\\nb"]'],
    ['a\\"b', '$["a\\"b"]'],
    ["a\\\\b", '$["a\\\\b"]'],
    ["%73sn", "$['%73sn']"],
    ["100%", "$['100%']"],
    ["größe", "$.größe"],
    ["[x]", "$['[x]']"],
  ])("reads the name %j as browsers mean it", (name, selector) => {
    expect(selected(body(named(name)), selector)).toEqual(["v"]);
  });
});

describe("multipart bodies that are accepted", () => {
  it.each([
    ["no part", "--XX--"],
    ["blank preamble and epilogue", `\r\n \r\n${named("a")}--XX--\r\n\r\n \t`],
    ["padding behind the last boundary", `${named("a")}--XX-- \r\n`],
    ["other headers", `${part("X-Other: é\r\nContent-Disposition: form-data; name=a\r\nX-Other: 2", "v")}--XX--`],
    [
      "harmless transfer encodings",
      `${part("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: 8BIT", "")}--XX--`,
    ],
    ["filename*", `${part("Content-Disposition: form-data; name=a; filename=x; filename*=UTF-8''%c3%a9", "v")}--XX--`],
    [
      "a backslash in a file name",
      `${part('Content-Disposition: form-data; name=a; filename="C:\\dir\\x"', "v")}--XX--`,
    ],
    ["a shorter delimiter in a value", `${named("a", "x--X\r\n--X--\r\n-XX")}--XX--`],
    [
      "headers as long as they may be",
      `${part(`${`X: ${"x".repeat(4049)}`}\r\nContent-Disposition: form-data; name=a`, "v")}--XX--`,
    ],
    [
      "a file name that says what it is",
      `${part('Content-Disposition: form-data; name=a; filename="filename=1.txt"', "v")}--XX--`,
    ],
    [
      "filename* in front of filename",
      `${part("Content-Disposition: form-data; name=a; filename*=UTF-8''x; filename=\"x\"", "v")}--XX--`,
    ],
    ["a trailing semicolon", `${part("Content-Disposition: form-data; name=a;", "v")}--XX--`],
  ])("%s", (_, text) => {
    expect(refusalOf(raw(text), ["$.ssn"])).toBe(null);
  });

  it("passes binary files that no rule names, and refuses them where one does", () => {
    const head = utf8('--XX\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n\r\n');
    const file = raw(Uint8Array.of(...head, 0xff, 0xd8, 0x00, ...utf8("\r\n--XX--")));
    expect(refusalOf(file, ["$.ssn"])).toBe(null);
    expect(refusalOf(file, ["$.f"])).toBe("BODY_NOT_UTF8");
  });

  it.each([
    ["", "\xff\xd8", "BODY_NOT_UTF8"],
    ["Content-Type: application/octet-stream", "\xff\xd8", "BODY_NOT_UTF8"],
    ["Content-Type: text/plain; charset=utf-16", "x", "CHARSET_UNSUPPORTED"],
    ["Content-Type: text/plain; charset=ISO-8859-1", "\xe9", "CHARSET_UNSUPPORTED"],
    ["Content-Type: text/plain; charset=ISO-8859-1", "x", null],
    ["Content-Type: undefined", "x", "MEDIA_TYPE_MISMATCH"],
  ])(
    "passes bytes without a file name that no rule names, and holds them to text where one does: %s %j",
    (type, value, code) => {
      const lines = ["Content-Disposition: form-data; name=n", type].filter((line) => line !== "");
      const text = raw(Buffer.from(`${part(lines.join("\r\n"), value)}--XX--`, "latin1"));
      expect(refusalOf(text, ["$..ssn"])).toBe(null);
      expect(refusalOf(text, ["$.n"])).toBe(code);
    },
  );

  it("holds names to ASCII where the whole form is declared to be ISO-8859-1", () => {
    const type = `${mediaType}; charset=ISO-8859-1`;
    expect(selected(raw(`${named("ssn", "1")}--XX--`, type), "$..ssn")).toEqual(["1"]);
    expect(refusalOf(raw(`${named("ssn", "é")}--XX--`, type), ["$..ssn"])).toBe("CHARSET_UNSUPPORTED");
    expect(refusalOf(raw(`${named("é")}--XX--`, type), ["$..ssn"])).toBe("CHARSET_UNSUPPORTED");
  });

  it("passes file names in any charset, and finds a name in them whatever is lost of it", () => {
    const file = (name: string) =>
      Buffer.from(`${part(`Content-Disposition: form-data; name=a; filename="${name}"`, "v")}--XX--`, "latin1");
    for (const type of [mediaType, `${mediaType}; charset=ISO-8859-1`]) {
      expect(refusalOf(raw(file("gr\xf6\xdfe.pdf"), type), ["$..ssn"])).toBe(null);
      expect(refusalOf(raw(file("x; na\xe9me=ssn"), type), ["$..ssn"])).toBe("BODY_MALFORMED");
      expect(refusalOf(raw(file("x; name\xa0=ssn"), type), ["$..ssn"])).toBe("BODY_MALFORMED");
      expect(refusalOf(raw(file("x; file\xa0name=ssn"), type), ["$..ssn"])).toBe("BODY_MALFORMED");
    }
  });

  it("takes UTF-8 for what a form says of all its parts", () => {
    expect(refusalOf(body(named("_charset_", "UTF-8"), named("a")))).toBe(null);
  });
});

/** Values that a selector leads into, and nothing in them can be written. */
describe("multipart bodies that are refused", () => {
  const disposition = "Content-Disposition: form-data; name=a";
  it.each([
    ["an empty body", "", "BODY_MALFORMED"],
    ["no final delimiter", named("a"), "BODY_MALFORMED"],
    ["a truncated final delimiter", `${named("a")}--XX-`, "BODY_MALFORMED"],
    ["a preamble", `hello\r\n${named("a")}--XX--`, "BODY_MALFORMED"],
    ["an epilogue", `${named("a")}--XX--\r\nhello`, "BODY_MALFORMED"],
    ["parts in the epilogue", `--XX--\r\n${named("a")}--XX--`, "BODY_MALFORMED"],
    ["text behind the boundary", `--XXY\r\n${disposition}\r\n\r\nv\r\n--XX--`, "BODY_MALFORMED"],
    ["bare LF behind the boundary", `--XX\n${disposition}\r\n\r\nv\r\n--XX--`, "BODY_MALFORMED"],
    ["bare LF before the boundary", `--XX\r\n${disposition}\r\n\r\nv\n--XX--`, "BODY_MALFORMED"],
    ["bare LF in front of the first boundary", `\n${named("a")}--XX--`, "BODY_MALFORMED"],
    ["the delimiter inside a value", `${named("a", "x--XX")}--XX--`, "BODY_MALFORMED"],
    ["the delimiter at the end of a line", `${named("a", "x--XX \ny")}--XX--`, "BODY_MALFORMED"],
    ["the last delimiter at the end of a line", `${named("a", "x--XX--\r\ny")}--XX--`, "BODY_MALFORMED"],
    ["padding behind the boundary", `${named("a", "x\r\n--XX ")}--XX--`, "BODY_MALFORMED"],
    ["a tab behind the boundary", `${named("a", "x\r\n--XX\t")}--XX--`, "BODY_MALFORMED"],
    ["the delimiter inside a line that goes on", `${named("a", "x--XXy\r\nz")}--XX--`, "BODY_MALFORMED"],
    ["the delimiter behind bare CR", `${named("a", "x\r--XXy")}--XX--`, "BODY_MALFORMED"],
    [
      "the delimiter inside a header",
      `${part("Content-Disposition: form-data; name=a; filename=--XX", "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["a line that begins like the delimiter", `${named("a", "x\r\n--XXYZ")}--XX--`, "BODY_MALFORMED"],
    ["bare LF between headers", `--XX\r\nX-A: 1\n${disposition}\r\n\r\nv\r\n--XX--`, "BODY_MALFORMED"],
    ["bare CR in a header", `${part(`${disposition}\rb`, "v")}--XX--`, "BODY_MALFORMED"],
    ["no blank line", `--XX\r\n${disposition}\r\n--XX--`, "BODY_MALFORMED"],
    ["a blank line that is the delimiter's", `--XX\r\n${disposition}\r\n\r\n--XX--`, "BODY_MALFORMED"],
    ["no headers", "--XX\r\n\r\nv\r\n--XX--", "BODY_MALFORMED"],
    ["a folded header", `${part("Content-Disposition: form-data;\r\n name=a", "v")}--XX--`, "BODY_MALFORMED"],
    ["a space before the colon", `${part("Content-Disposition : form-data; name=a", "v")}--XX--`, "BODY_MALFORMED"],
    ["no disposition", `${part("Content-Type: text/plain", "v")}--XX--`, "BODY_MALFORMED"],
    ["another disposition", `${part("Content-Disposition: attachment; name=a", "v")}--XX--`, "BODY_MALFORMED"],
    ["two dispositions", `${part(`${disposition}\r\n${disposition}`, "v")}--XX--`, "BODY_MALFORMED"],
    ["no name", `${part("Content-Disposition: form-data; filename=a", "v")}--XX--`, "BODY_MALFORMED"],
    ["two names", `${part(`${disposition}; NAME=b`, "v")}--XX--`, "BODY_MALFORMED"],
    ["an encoded name", `${part("Content-Disposition: form-data; name*=UTF-8''ssn", "v")}--XX--`, "BODY_MALFORMED"],
    ["a name beside an encoded one", `${part(`${disposition}; name*=UTF-8''ssn`, "v")}--XX--`, "BODY_MALFORMED"],
    ["a continued name", `${part("Content-Disposition: form-data; name*0=s; name*1=sn", "v")}--XX--`, "BODY_MALFORMED"],
    ["a name beside a continued one", `${part(`${disposition}; name*0=ssn`, "v")}--XX--`, "BODY_MALFORMED"],
    ["an empty name, which gives way to a file name", `${named('"; filename="ssn')}--XX--`, "BODY_MALFORMED"],
    ["a name in single quotes", `${part("Content-Disposition: form-data; name='ssn'", "v")}--XX--`, "BODY_MALFORMED"],
    [
      "a name that ends at an asterisk",
      `${part("Content-Disposition: form-data; name=ssn*1", "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["an encoded word for a name", `${named("=?utf-8?B?c3Nu?=")}--XX--`, "BODY_MALFORMED"],
    ["a name inside a file name", `${part(`${disposition}; filename="x; name=ssn"`, "v")}--XX--`, "BODY_MALFORMED"],
    [
      "a name between escaped quotes",
      `${part(`${disposition}; filename="x\\"; name=ssn; y=\\"z"`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["a name inside a name", `${named("x; name=ssn")}--XX--`, "BODY_MALFORMED"],
    [
      "a name behind another parameter",
      `${part(`Content-Disposition: form-data; filename="ssn"; name=a`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["two file names", `${part(`${disposition}; filename=x; FILENAME=y`, "v")}--XX--`, "BODY_MALFORMED"],
    ["two encoded file names", `${part(`${disposition}; filename*=x; filename*=y`, "v")}--XX--`, "BODY_MALFORMED"],
    ["a parameter that nobody sends", `${part(`${disposition}; x-size=1`, "v")}--XX--`, "BODY_MALFORMED"],
    [
      "a name in another header",
      `${part(`Content-Type: text/plain; name="ssn"\r\n${disposition}`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    [
      "a disposition in another header",
      `${part(`X: Content-Disposition: form-data; NAME =ssn\r\n${disposition}`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    [
      "headers that are too long",
      `${part(`${`X: ${"x".repeat(4050)}`}\r\n${disposition}`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["an unfinished name", `${part('Content-Disposition: form-data; name="a', "v")}--XX--`, "BODY_MALFORMED"],
    ["text behind a name", `${part('Content-Disposition: form-data; name="a"b', "v")}--XX--`, "BODY_MALFORMED"],
    ["an escape that readers differ about", `${named("s\\sn")}--XX--`, "BODY_MALFORMED"],
    // Python's `email` takes the quote for an escaped one, and reads on in the file name.
    ["a name that ends with a backslash", `${named("a\\\\")}--XX--`, "BODY_MALFORMED"],
    ["an empty bare name", `${part("Content-Disposition: form-data; name=", "v")}--XX--`, "BODY_MALFORMED"],
    [
      "nested multipart",
      `${part(`${disposition}\r\nContent-Type: Multipart/mixed; boundary=y`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    // Python's `cgi` reads it, and what is behind it, as the pairs of a form.
    [
      "a nested form",
      `${part(`${disposition}\r\nContent-Type: application/x-www-form-urlencoded`, "ssn=1")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["base64", `${part(`${disposition}\r\nContent-Transfer-Encoding: base64`, "dg==")}--XX--`, "BODY_MALFORMED"],
    [
      "quoted-printable",
      `${part(`${disposition}\r\ncontent-transfer-encoding: Quoted-Printable`, "v")}--XX--`,
      "BODY_MALFORMED",
    ],
    ["a foreign _charset_", `${named("_charset_", "iso-8859-1")}--XX--`, "CHARSET_UNSUPPORTED"],
  ])("refuses %s", (_, text, code) => {
    expect(refusalOf(raw(text))).toBe(code);
  });

  it("refuses text and names that are not UTF-8", () => {
    const bytes = Buffer.from(`${named("a", "\xe9")}--XX--`, "latin1");
    expect(refusalOf(raw(bytes), ["$.a"])).toBe("BODY_NOT_UTF8");
    expect(refusalOf(raw(Buffer.from(`${named("\xe9")}--XX--`, "latin1")))).toBe("BODY_NOT_UTF8");
  });

  it.each([
    ["multipart/form-data"],
    ["multipart/form-data; boundary="],
    ['multipart/form-data; boundary=""'],
    ['multipart/form-data; boundary="XX "'],
    ['multipart/form-data; boundary="X X"'],
    ['multipart/form-data; boundary="X,X"'],
    ['multipart/form-data; boundary="X\\X"'],
    ["multipart/form-data; boundary='XX'"],
    ['multipart/form-data; x="; boundary=YY;"; boundary=XX'],
    ["multipart/form-data; xboundary=YY; boundary=XX"],
    ["multipart/form-data; boundary=XX; boundary*=us-ascii''YY"],
    ["multipart/form-data; boundary*0=YY; boundary=XX"],
    ['multipart/form-data; boundary="X<X"'],
    ["multipart/form-data; boundary=X/X"],
    [`multipart/form-data; boundary=${"X".repeat(71)}`],
    ["multipart/form-data; boundary=XX; boundary=YY"],
  ])("the media type %s", (type) => {
    expect(refusalOf(raw(`${named("a")}--XX--`, type))).toBe("MEDIA_TYPE_MISMATCH");
  });

  it.each([
    ["multipart/form-data; charset=utf-8; boundary=XX", "XX"],
    ['multipart/form-data;boundary="XX"', "XX"],
    // Qt writes base64.
    ['multipart/form-data; boundary="boundary_.oOo._NjE+MTQ/MjY1Nw=="', "boundary_.oOo._NjE+MTQ/MjY1Nw=="],
  ])("but not %s", (type, boundary) => {
    expect(refusalOf(raw(`${named("a")}--XX--`.replaceAll("XX", boundary), type))).toBe(null);
  });

  it("refuses more fields than the limit", () => {
    expect(refusalOf(body(named("a"), named("a"), named("a")), ["$.a"], { maxFields: 2 })).toBe("TOO_MANY_FIELDS");
  });
});

describe("multipart texts", () => {
  it("reports long names and texts, and those of files only where a rule names them", () => {
    const name = `%22${"n".repeat(50)}\\"`;
    const file = part('Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Type: a/b', "z".repeat(50));
    const form = body(named(name, "y".repeat(50)), file);
    const found = scanSelected(form, []).longTexts;
    expect(found.map(({ isName, escaped }) => [isName, escaped])).toEqual([
      [true, true],
      [false, false],
    ]);
    const [decodedName, decodedValue] = found.map((text) => codec.decodeText(form.bytes, text));
    expect(textOf(decodedName!.bytes)).toBe(`"${"n".repeat(50)}"`);
    expect(decodedName!.offsets[1]).toBe(found[0]!.start + 3);
    expect(textOf(decodedValue!.bytes)).toBe("y".repeat(50));
    expect(scanSelected(form, ["$.f"]).longTexts).toHaveLength(3);
  });
});

describe("multipart against the platform's own form encoder and parser", () => {
  const name = fc.constantFrom("ssn", "a b", 'q"uote', "line\r\nbreak", "größe", "a%b", "semi;colon", "ssn[]");
  const value = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.toWellFormed());

  it("selects of each name the values that the platform encoded", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, value, fc.boolean()), { minLength: 1, maxLength: 8 }),
        async (entries) => {
          const form = new FormData();
          for (const [key, text, isFile] of entries) {
            if (isFile) form.append(key, new File([text], "f.txt", { type: "text/plain" }));
            else form.append(key, text);
          }
          const response = new Response(form);
          const type = response.headers.get("content-type")!;
          const encoded = raw(new Uint8Array(await response.arrayBuffer()), type);
          const values = entries.map(([, text, isFile]) => (isFile ? text : text.replace(/\r\n?|\n/g, "\r\n")));
          expect(selected(encoded, "$.*")).toEqual(values);
          for (const key of new Set(entries.map(([key]) => key))) {
            const base = key === "ssn[]" ? "ssn" : key;
            const ofName = values.filter((_, i) => (entries[i]![0] === "ssn[]" ? "ssn" : entries[i]![0]) === base);
            expect(selected(encoded, `$[${JSON.stringify(base)}]`)).toEqual(ofName);
          }
        },
      ),
    );
  });

  it("accepts no body in which the platform's parser sees other values", async () => {
    const noise = fc.constantFrom(
      "\r\n",
      "\n",
      "--",
      "--XX",
      "--XX--",
      "\r\n--XX\r\n",
      '"',
      ";",
      "name=b",
      ":",
      " ",
      "\\",
    );
    const valid = `${named("a", "one")}${named("b", "two")}--XX--\r\n`;
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length), noise, fc.nat(3), async (at, extra, cut) => {
        const text = `${valid.slice(0, at)}${extra}${valid.slice(at + cut)}`;
        if (refusalOf(raw(text)) !== null) return;
        const form = await new Response(text, { headers: { "content-type": mediaType } }).formData().catch(() => null);
        if (form !== null) expect(selected(raw(text), "$.*")).toEqual([...form.values()]);
      }),
      { numRuns: 2000 },
    );
  });
});
