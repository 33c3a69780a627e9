import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../../../test/crypto/error-code.ts";
import { findEnvelopes, holdsEnvelopeLike, parseEnvelope } from "./syntax.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const base64url = (length: number): string => Buffer.alloc(length, 0xa7).toString("base64url");
const wrapped = base64url(256);
const sealed = base64url(60);
const envelope = `fs1.r.pii-1.ssn.${wrapped}.${sealed}.fs`;
const found = (text: string): string[] =>
  findEnvelopes(ascii(text)).map(({ start, end }) => Buffer.from(ascii(text).subarray(start, end)).toString());

describe("finding envelopes in text", () => {
  it.each([
    ["alone", envelope],
    ["in a JSON string", `{"ssn":"${envelope}"}`],
    ["in a form", `ssn=${envelope}&b=c`],
    ["in XML", `<ssn>${envelope}</ssn>`],
    ["in CSV", `1,${envelope},2`],
    ["in a sentence, before its full stop", `It is ${envelope}.`],
    ["behind a dot", `a.${envelope}`],
    ["between letters outside ASCII", `é${envelope}é`],
  ])("finds one %s", (_, text) => {
    expect(found(text)).toEqual([envelope]);
  });

  it("finds all, in order, with one byte between them", () => {
    const other = `fs1.e.pci-1.pan.${base64url(33)}.${base64url(30)}.fs`;
    expect(found(`${envelope} ${other},${envelope}`)).toEqual([envelope, other, envelope]);
  });

  it("finds one behind text that begins like another", () => {
    for (const start of [
      "fs1.",
      "fs1.r.",
      "fs1.r.a.b.c.",
      "fs2.fs1.",
      "f",
      "fs",
      "ffs1.",
      "fs1.r..",
      "fs1.x.y.z.w.v.u.",
    ]) {
      expect(found(`${start.replace(/[^.]$/, "$& ")}${envelope}`)).toEqual([envelope]);
    }
  });

  it.each([..."AZaz09-_"])("finds none that %j touches on either side", (char) => {
    expect(found(char + envelope)).toEqual([]);
    expect(found(envelope + char)).toEqual([]);
  });

  it.each([
    ["six segments", `fs1.r.pii-1.${wrapped}.${sealed}.fs`],
    ["eight segments", `fs1.r.pii-1.ssn.more.${wrapped}.${sealed}.fs`],
    ["an empty segment", `fs1.r..ssn.${wrapped}.${sealed}.fs`],
    ["another end", `fs1.r.pii-1.ssn.${wrapped}.${sealed}.sf`],
    ["no end", `fs1.r.pii-1.ssn.${wrapped}.${sealed}`],
    ["an upper-case beginning", `FS1.r.pii-1.ssn.${wrapped}.${sealed}.fs`],
    ["an upper-case end", `fs1.r.pii-1.ssn.${wrapped}.${sealed}.FS`],
    ["no version", `fs.r.pii-1.ssn.${wrapped}.${sealed}.fs`],
    ["a version of four digits", `fs1000.r.pii-1.ssn.${wrapped}.${sealed}.fs`],
    ["a padding sign", `fs1.r.pii-1.ssn.${wrapped}=.${sealed}.fs`],
    ["a space", `fs1.r.pii-1.ssn.${wrapped}. ${sealed}.fs`],
    ["a letter outside ASCII in the kid", `fs1.r.pié-1.ssn.${wrapped}.${sealed}.fs`],
    ["a byte above 127 that shares its low bits with a letter", `fs1.r.pi\u0169.ssn.${wrapped}.${sealed}.fs`],
  ])("takes text with %s for text", (_, text) => {
    expect(found(text)).toEqual([]);
  });

  it.each(["fs0", "fs2", "fs01", "fs10", "fs11", "fs999"])("refuses the whole shape with version %s", (version) => {
    const other = envelope.replace("fs1", version);
    expect(codeOf(() => findEnvelopes(ascii(`x ${other}`)))).toBe("ENVELOPE_VERSION_UNSUPPORTED");
    expect(codeOf(() => parseEnvelope(ascii(other)))).toBe("ENVELOPE_VERSION_UNSUPPORTED");
  });

  it("takes another version for text where anything of the shape is missing", () => {
    expect(found(`fs2.r.pii-1.ssn.${wrapped}.${sealed}`)).toEqual([]);
    expect(found("fs2.example.com")).toEqual([]);
  });

  it("finds the same spans as the grammar written as one regular expression", () => {
    const grammar = /(?<![A-Za-z0-9_-])fs1(?:\.[A-Za-z0-9_-]+){5}\.fs(?![A-Za-z0-9_-])/g;
    const part = fc.constantFrom("fs1", "fs", ".", ".", ".", "r", "k", "A_-9", " ", "é", "f", "fs1.r.k.f.w.s.fs");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 24 }), (parts) => {
        const text = parts.join("");
        expect(found(text)).toEqual(text.match(grammar) ?? []);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["beginnings", "fs1."],
    ["half envelopes", "fs1.r.k.f.w.s."],
    ["segments", "fs1.a."],
    ["letters", "f"],
    ["dots", "."],
    ["versions", "fs12345"],
  ])("ends on a megabyte of %s, with nothing found", (_, unit) => {
    const text = ascii(unit.repeat(Math.ceil(1_000_000 / unit.length)));
    expect(findEnvelopes(text)).toEqual([]);
    expect(holdsEnvelopeLike(text)).toBe(false);
  });

  it("finds the last envelope behind a megabyte of beginnings", () => {
    expect(found(`${"fs1.".repeat(250_000)} ${envelope}`)).toEqual([envelope]);
  });
});

describe("text that looks like an envelope", () => {
  const long = "x".repeat(40);
  it.each([
    ["four segments, the last of 40 characters", `fs1.a.b.c.${long}`],
    ["four segments, the first of 40 characters", `fs1.${long}.b.c.d`],
    ["any version", `fs999.a.b.c.${long}`],
    ["nothing valid in it", `fs0.-.-.-.${"-".repeat(40)}`],
    ["seven segments, the last of 40 characters", `fs1.a.b.c.d.e.f.${long}`],
    ["many segments before the one of 40 characters", `fs1${".a".repeat(500)}.${long}`],
    ["text around it", `he said "fs1.a.b.c.${long}", twice`],
    ["a beginning before it that is none", `xfs1.fs1.a.b.c.${long}`],
    ["an empty segment before it", `fs1..fs1.a.b.c.${long}`],
    ["an envelope", envelope],
    ["an envelope whose end is cut off", envelope.slice(0, -3)],
    ["an envelope cut within the data key", envelope.slice(0, 60)],
  ])("is: %s", (_, text) => {
    expect(holdsEnvelopeLike(ascii(text))).toBe(true);
  });

  it.each([
    ["a host name", "fs1.example.com"],
    ["a longer host name", "fs1.eu-west-1.compute.internal.example.com"],
    ["three segments", `fs1.a.b.${long}`],
    ["39 characters at most", `fs1.a.b.c.${long.slice(1)}`],
    ["no version", `fs.a.b.c.${long}`],
    ["four digits", `fs1234.a.b.c.${long}`],
    ["a letter before", `xfs1.a.b.c.${long}`],
    ["an underscore before", `_fs1.a.b.c.${long}`],
    ["upper case", `FS1.a.b.c.${long}`],
    ["an empty segment in the middle", `fs1.a.b..${long}`],
    ["the long segment behind a space", `fs1.a.b.c.d ${long}`],
    ["nothing", ""],
  ])("is not: %s", (_, text) => {
    expect(holdsEnvelopeLike(ascii(text))).toBe(false);
  });

  it("is exactly what the rule of the wire format says", () => {
    const rule = (text: string): boolean =>
      Array.from(text.matchAll(/(?<![A-Za-z0-9_-])fs[0-9]{1,3}(?=((?:\.[A-Za-z0-9_-]+)+))/g)).some(([, chain]) => {
        const segments = chain!.slice(1).split(".");
        return segments.length >= 4 && segments.some((segment) => segment.length >= 40);
      });
    const part = fc.constantFrom(
      "fs1",
      ".fs12",
      ".",
      ".a",
      ".a",
      ".a",
      ".bc",
      " ",
      "é",
      long,
      `.${long}`,
      long.slice(1),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        expect(holdsEnvelopeLike(ascii(parts.join("")))).toBe(rule(parts.join("")));
      }),
      { numRuns: 5000 },
    );
  });

  it("is every envelope", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    fc.assert(
      fc.property(name, name, fc.integer({ min: 30, max: 90 }), (kid, field, length) => {
        expect(holdsEnvelopeLike(ascii(`fs1.r.${kid}.${field}.${wrapped}.${base64url(length)}.fs`))).toBe(true);
      }),
    );
  });
});

describe("parsing an envelope", () => {
  it("gives its parts, and the header through the dot before sealed", () => {
    const parsed = parseEnvelope(ascii(envelope));
    expect(parsed).toMatchObject({ alg: "RSA-OAEP-256", kid: "pii-1", field: "ssn" });
    expect(Buffer.from(parsed.wrapped).toString("base64url")).toBe(wrapped);
    expect(Buffer.concat([parsed.iv, parsed.sealed]).toString("base64url")).toBe(sealed);
    expect(parsed.iv).toHaveLength(12);
    expect(Buffer.from(parsed.header).toString()).toBe(`fs1.r.pii-1.ssn.${wrapped}.`);
  });

  it.each([256, 384, 512])("takes an RSA-wrapped data key of %i bytes", (length) => {
    const text = ascii(`fs1.r.k.f.${base64url(length)}.${sealed}.fs`);
    expect(parseEnvelope(text).wrapped).toHaveLength(length);
  });

  it("takes an encapsulated P-256 key of 33 bytes", () => {
    expect(parseEnvelope(ascii(`fs1.e.k.f.${base64url(33)}.${sealed}.fs`)).alg).toBe("DHKEM-P256");
  });

  it("takes names of 64 characters and the shortest sealed part, of 30 bytes", () => {
    const name = "n".repeat(64);
    expect(parseEnvelope(ascii(`fs1.r.${name}.${name}.${wrapped}.${base64url(30)}.fs`))).toMatchObject({
      kid: name,
      field: name,
    });
  });

  it.each([
    ["an unknown algorithm", `fs1.x.k.f.${wrapped}.${sealed}.fs`],
    ["an upper-case algorithm", `fs1.R.k.f.${wrapped}.${sealed}.fs`],
    ["an algorithm of two letters", `fs1.rr.k.f.${wrapped}.${sealed}.fs`],
    ["a kid of 65 characters", `fs1.r.${"k".repeat(65)}.f.${wrapped}.${sealed}.fs`],
    ["a field of 65 characters", `fs1.r.k.${"f".repeat(65)}.${wrapped}.${sealed}.fs`],
    ["a field of a million characters", `fs1.r.k.${"f".repeat(1_000_000)}.${wrapped}.${sealed}.fs`],
    ["a wrapped key of 255 bytes", `fs1.r.k.f.${base64url(255)}.${sealed}.fs`],
    ["a wrapped key of 257 bytes", `fs1.r.k.f.${base64url(257)}.${sealed}.fs`],
    ["an RSA-wrapped key of 33 bytes", `fs1.r.k.f.${base64url(33)}.${sealed}.fs`],
    ["an encapsulated key of 256 bytes", `fs1.e.k.f.${wrapped}.${sealed}.fs`],
    ["an encapsulated key of 65 bytes, uncompressed", `fs1.e.k.f.${base64url(65)}.${sealed}.fs`],
    ["a sealed part of 29 bytes", `fs1.r.k.f.${wrapped}.${base64url(29)}.fs`],
    ["trailing bits in wrapped", `fs1.r.k.f.${wrapped.slice(0, -1)}x.${sealed}.fs`],
    ["trailing bits in sealed", `fs1.r.k.f.${wrapped}.${base64url(61).slice(0, -1)}x.fs`],
    ["a single last character of base64url", `fs1.r.k.f.${wrapped}.${sealed}A.fs`],
    ["something before it", ` ${envelope}`],
    ["something behind it", `${envelope} `],
    ["another envelope behind it", `${envelope} ${envelope}`],
    ["nothing of it", "text"],
    ["no byte", ""],
  ])("refuses %s", (_, text) => {
    expect(codeOf(() => parseEnvelope(ascii(text)))).toBe("ENVELOPE_MALFORMED");
  });

  it("accepts of all texts that decode to the same bytes only one", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = Array.from(alphabet).filter(
      (char) =>
        codeOf(() => parseEnvelope(ascii(`fs1.r.k.f.${wrapped.slice(0, -1)}${char}.${sealed}.fs`))) === undefined,
    );
    // 256 bytes end in two characters that hold one byte: only every sixteenth last character leaves four zero bits.
    expect(last.join("")).toBe("AQgw");
  });
});
