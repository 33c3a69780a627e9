import { describe, expect, it } from "vitest";
import { type Body, refusalOf, utf8 } from "./scan-selected.ts";

const small = 1 << 16;
const growth = 16;
const xml = "application/xml";
const multipart = "multipart/form-data; boundary=b";
const ndjson = "application/x-ndjson";
const form = "application/x-www-form-urlencoded";

const repeated = (size: number, unit: string, before = "", after = ""): string =>
  `${before}${unit.repeat(Math.ceil(size / unit.length))}${after}`;

function counted(size: number, unit: (index: number) => string, before = "", after = ""): string {
  const units: string[] = [];
  for (let length = 0; length < size; length += units.at(-1)!.length) units.push(unit(units.length));
  return `${before}${units.join("")}${after}`;
}

const part = (headers: string, value = "1"): string => `--b\r\n${headers}\r\n\r\n${value}\r\n`;
const named = (name: string, value?: string): string => part(`Content-Disposition: form-data; name="${name}"`, value);
const bombs = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join("");

// What a hostile client may send of `size` bytes, and the code that it is refused with; null: it is read.
const cases: readonly [string, string, (size: number) => string, string | null][] = [
  ["XML: nesting", xml, (size) => repeated(size, "<a>"), "BODY_TOO_DEEP"],
  ["XML: empty elements", xml, (size) => repeated(size, "<a/>", "<r>", "</r>"), null],
  ["XML: elements of different names", xml, (size) => counted(size, (i) => `<a${i}/>`, "<r>", "</r>"), null],
  ["XML: one name", xml, (size) => repeated(size, "a", "<", "/>"), null],
  ["XML: attributes", xml, (size) => counted(size, (i) => ` a${i}="1"`, "<r", "/>"), null],
  ["XML: one attribute again", xml, (size) => repeated(size, ' a="1"', "<r", "/>"), "BODY_MALFORMED"],
  ["XML: references", xml, (size) => repeated(size, "&lt;", "<r>", "</r>"), null],
  ["XML: one long reference", xml, (size) => repeated(size, "0", "<r>&#", "65;</r>"), null],
  ["XML: a reference without end", xml, (size) => repeated(size, "a", "<r>&", "</r>"), "BODY_MALFORMED"],
  ["XML: comments", xml, (size) => repeated(size, "<!---->", "<r>", "</r>"), null],
  ["XML: comments without end", xml, (size) => repeated(size, "<!--x", "<r>"), "BODY_MALFORMED"],
  ["XML: brackets in CDATA", xml, (size) => repeated(size, "]", "<r><![CDATA[", "]]></r>"), null],
  ["XML: end marks in a comment", xml, (size) => repeated(size, ">", "<r><!-- ", "--></r>"), null],
  ["XML: an instruction", xml, (size) => repeated(size, "? ", "<r><?p ", "?></r>"), null],
  ["XML: question marks in an instruction", xml, (size) => repeated(size, "?", "<r><?p ", "?></r>"), "BODY_MALFORMED"],
  [
    "XML: white space in a declaration",
    xml,
    (size) => repeated(size, " ", "<?xml", "version='1.0'?><a/>"),
    "BODY_MALFORMED",
  ],
  ["XML: billion laughs", xml, () => `<!DOCTYPE a [<!ENTITY e0 "lol">${bombs}]><a>&e9;</a>`, "XML_DTD_REFUSED"],
  [
    "XML: quadratic blow-up",
    xml,
    (size) => `<!DOCTYPE a [<!ENTITY e "${repeated(size, "x")}">]><a>&e;</a>`,
    "XML_DTD_REFUSED",
  ],
  [
    "XML: an external entity",
    xml,
    () => '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "XML_DTD_REFUSED",
  ],
  ["XML: an entity that nobody declared", xml, () => "<a>&e;</a>", "BODY_MALFORMED"],
  ["multipart: parts", multipart, (size) => repeated(size, named("a"), "", "--b--"), null],
  ["multipart: parts of different names", multipart, (size) => counted(size, (i) => named(`a${i}`), "", "--b--"), null],
  ["multipart: one name", multipart, (size) => `${named(repeated(size, "a"))}--b--`, "BODY_MALFORMED"],
  [
    "multipart: hyphens",
    `${multipart}${"-".repeat(60)}b`,
    (size) => `--b${"-".repeat(60)}b\r\n${repeated(size, "-")}`,
    "BODY_MALFORMED",
  ],
  [
    "multipart: headers",
    multipart,
    (size) => `${part(`Content-Disposition: form-data; name=a${repeated(size, "\r\nx:")}`)}--b--`,
    "BODY_MALFORMED",
  ],
  [
    "multipart: blanks behind a name",
    multipart,
    (size) => `${repeated(size, part(`Content-Disposition: form-data; name=a\r\nx: ${"name".padEnd(4000)}`))}--b--`,
    null,
  ],
  [
    "multipart: parameters",
    multipart,
    (size) => `${part(counted(size, (i) => `;p${i}=1`, "Content-Disposition: form-data; name=a"))}--b--`,
    "BODY_MALFORMED",
  ],
  ["multipart: backslashes", multipart, (size) => `${named(repeated(size, "\\\\"))}--b--`, "BODY_MALFORMED"],
  ["multipart: a blank preamble", multipart, (size) => `${repeated(size, "\r\n")}${named("a")}--b--`, null],
  ["NDJSON: numbers", ndjson, (size) => repeated(size, "1\n"), null],
  ["NDJSON: arrays", ndjson, (size) => repeated(size, "[]\n"), null],
  ["NDJSON: blank lines", ndjson, (size) => repeated(size, "\n"), null],
  ["forms: pairs", form, (size) => repeated(size, "a&"), null],
  ["forms: pairs of different names", form, (size) => counted(size, (i) => `a${i}&`), null],
  ["forms: one escaped name", form, (size) => repeated(size, "%41"), null],
  ["text: brackets", "text/plain", (size) => repeated(size, "["), "MEDIA_TYPE_MISMATCH"],
];

// Every line of NDJSON is noted under a traced selector: here all of them are to be read.
const limits = { maxFields: 100_000 };

/** Selectors that ask for counting and for positions wherever the format can be asked. */
const selectorsFor = (mediaType: string): string[] =>
  [xml, ndjson].includes(mediaType) ? ["$..ssn", "$.r.a[-1]", "$..x[0]"] : ["$.ssn", "$.a[-1]", "$.a[0]"];

/** Processor time of the cheapest of a few runs, in microseconds: other processes do not count. */
function cheapest(body: Body, selectors: readonly string[]): number {
  const runs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    refusalOf(body, selectors, limits);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...runs);
}

describe("hostile bodies", () => {
  it.each(cases)("%s: refused by name or read, in time that grows as the body does", (_, mediaType, make, code) => {
    const selectors = mediaType === "text/plain" ? [] : selectorsFor(mediaType);
    const [few, many] = [small, growth * small].map((size): Body => ({ mediaType, bytes: utf8(make(size)) }));
    expect(refusalOf(few!, selectors, limits)).toBe(code);
    expect(refusalOf(many!, selectors, limits)).toBe(code);
    // Quadratic work would grow by the square: 256 times.
    expect(cheapest(many!, selectors)).toBeLessThan(8 * growth * Math.max(cheapest(few!, selectors), 200));
  });
});
