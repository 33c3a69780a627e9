import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encryptBody,
  type Policy,
  type PolicyDocument,
  type PolicyOptions,
  parsePolicy,
} from "../../packages/edge-encrypt/src/index.ts";
import { jsonpathPlus } from "../../packages/edge-encrypt/src/jsonpath-plus/index.ts";
import { bytesOf, decryptorOf, form, json, pii, policy, sealed, textOf } from "./fixtures.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const decryptor = decryptorOf();
const opened = async (text: string, mediaType = json): Promise<string> =>
  textOf(await decryptor.decryptBody({ bytes: bytesOf(text), mediaType, expect: policy }));

const nasty: readonly (readonly [string, string])[] = [
  ["a number with a trailing zero", '{"ssn":1.0}'],
  ["a 20-digit integer", '{"ssn":12345678901234567890}'],
  ["an exponent", '{"ssn":-1.50E+02}'],
  ["null, booleans and empty containers", '{"a":{"ssn":null},"b":{"ssn":true},"c":{"ssn":[]},"d":{"ssn":{}}}'],
  ["duplicate keys", '{"ssn":"a","ssn":"b","ssn":"a"}'],
  ["an escaped key and escaped values", '{"s\\u0073n":"\\u00eb\\/\\ud83d\\ude00"}'],
  ["lone surrogates", '{"ssn":"\\ud800"}'],
  ["CRLF and tabs between tokens", '{\r\n\t"ssn" :\r\n "x"\t}\r\n'],
  ["a byte order mark", '\ufeff{"ssn":"x"}'],
  ["__proto__ and constructor", '{"__proto__":{"ssn":"x"},"constructor":{"prototype":{"ssn":"y"}}}'],
  ["the keys ~ and ^", '{"~":{"ssn":"x"},"^":{"ssn":"y"},"":{"ssn":"z"}}'],
  ["objects and arrays as values, white space included", '{"ssn":{ "a" : [1.0, "b" ] }}'],
  ["an empty string", '{"ssn":""}'],
  ["nested targets", '{"ssn":{"ssn":"inner"}}'],
  ["a root that is an array", '[{"ssn":"1"},{"email":"a@b.c"},{"card":"4111111111111111"}]'],
];

type Routes = PolicyDocument["routes"];
const policyOf = (routes: Routes, options: PolicyOptions = {}): Policy =>
  parsePolicy(
    { version: 1, id: "p", keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } }, routes },
    options,
  );

describe("a body that was sealed and opened again", () => {
  it.each(nasty)("is the very same bytes: %s", async (_, text) => {
    const body = await sealed(text);
    expect(body).not.toBe(text);
    expect(body).toContain("fs1.r.");
    expect(await opened(body)).toBe(text);
  });

  const levels = (count: number, open: string, close: string): string => open.repeat(count) + close.repeat(count);
  it.each([
    ["JSON, outside the value", json, "$.ssn", `{"ssn":"1","x":${levels(9_999, "[", "]")}}`],
    ["JSON, inside the value", json, "$.ssn", `{"ssn":${levels(9_999, "[", "]")}}`],
    ["XML, outside the value", "text/xml", "$.r.ssn", `<r><ssn>1</ssn>${levels(9_999, "<a>", "</a>")}</r>`],
    ["XML, inside the value", "text/xml", "$.r.ssn", `<r><ssn>${levels(9_998, "<a>", "</a>")}</ssn></r>`],
  ])("is the same at the deepest nesting that a policy may allow: %s", async (_, mediaType, select, text) => {
    const deep = policyOf([
      {
        path: "/**",
        limits: { maxDepth: 10_000 },
        fields: [{ name: "ssn", select, action: "encrypt", key: "pii-1" }],
      },
    ]);
    const bytes = await encryptBody({ bytes: bytesOf(text), mediaType }, deep);
    expect(textOf(bytes)).toContain("fs1.r.");
    expect(textOf(await decryptor.decryptBody({ bytes, mediaType, expect: deep }))).toBe(text);
  });

  const select = policyOf([
    {
      path: "/loose",
      onNameVariant: "select",
      fields: [{ name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1" }],
    },
    { path: "/strict", fields: [{ name: "email", select: "$..email", action: "encrypt", key: "pii-1" }] },
  ]);
  const multipart = (...names: readonly string[]): string =>
    `${names.map((name) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`).join("")}--b--\r\n`;
  it.each([
    [json, '{"SSN":"1","a":{"s_s_n":2},"ssn":[3],"S-S-N":{"x":4}}'],
    ["application/x-ndjson", '{"SSN":"1"}\n{"ssn":"2"}\n'],
    [form, "SSN=1&s.s.n=2&ssn=3"],
    ["multipart/form-data; boundary=b", multipart("Ssn", "ssn")],
    ["text/xml", '<a SSN="0"><Ssn>1</Ssn><ssn>2</ssn></a>'],
  ])("is the same where names are only variants of those that the route selects: %s", async (mediaType, text) => {
    const bytes = await encryptBody({ bytes: bytesOf(text), mediaType, path: "/loose" }, select);
    expect(textOf(bytes)).toMatch(/fs1\.r\.pii-1\.ssn\..*fs1\.r\.pii-1\.ssn\./s);
    expect(textOf(await decryptor.decryptBody({ bytes, mediaType, expect: select }))).toBe(text);
  });

  it.each([
    ["a file has its name, and is no text", '"note"; filename="a.jpg"', Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28])],
    [
      "a text has its name, in a charset of its own",
      '"note"\r\nContent-Type: text/plain; charset=latin1',
      latin1("\xeb"),
    ],
    ["a part that declares JSON is none", '"data"\r\nContent-Type: application/json', latin1('{"a":NaN}')],
    ["a part begins as JSON and is none", '"data"', latin1('{"a":NaN}')],
    ["a part is XML that is refused", '"data"\r\nContent-Type: text/xml', latin1("<!DOCTYPE a><a/>")],
  ])("is the same where %s, which only another route asks about", async (_, head, part) => {
    const seal = { action: "encrypt", key: "pii-1" } as const;
    const uploads = policyOf([
      { path: "/uploads/**", fields: [{ name: "ssn", select: "$.ssn", ...seal }] },
      { path: "/notes/**", fields: [{ name: "note", select: "$..note", ...seal }] },
    ]);
    const headOf = (name: string): string => `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n`;
    const before = latin1(`${headOf('"ssn"')}078-05-1120\r\n${headOf(head)}`);
    const body = Buffer.concat([before, part, latin1("\r\n--b--\r\n")]);
    const mediaType = "multipart/form-data; boundary=b";
    const bytes = await encryptBody({ bytes: body, mediaType, path: "/uploads/7" }, uploads);
    expect(Buffer.from(bytes).toString("latin1")).toContain("fs1.r.pii-1.ssn.");
    expect(Buffer.from(await decryptor.decryptBody({ bytes, mediaType, expect: uploads }))).toEqual(body);
  });

  it.each([
    [form, "customer[ssn]=078-05-1120"],
    ["multipart/form-data; boundary=b", multipart("customer[ssn]")],
  ])("is the same where another route has a field for the beginning of a name: %s", async (mediaType, text) => {
    const seal = { action: "encrypt", key: "pii-1" } as const;
    const nested = policyOf([
      { path: "/people/**", fields: [{ name: "ssn", select: "$..ssn", ...seal }] },
      { path: "/orders/**", fields: [{ name: "customer", select: "$.customer", ...seal }] },
    ]);
    const bytes = await encryptBody({ bytes: bytesOf(text), mediaType, path: "/people/7" }, nested);
    expect(textOf(bytes)).toContain("fs1.r.pii-1.ssn.");
    expect(textOf(await decryptor.decryptBody({ bytes, mediaType, expect: nested }))).toBe(text);
  });

  it("does not open where another route's selectors allow no variants", async () => {
    const bytes = await encryptBody({ bytes: bytesOf('{"email":"a"}'), mediaType: json, path: "/strict" }, select);
    const renamed = bytesOf(textOf(bytes).replace('"email"', '"E-Mail"'));
    const opening = decryptor.decryptBody({ bytes: renamed, mediaType: json, expect: select });
    await expect(opening).rejects.toMatchObject({ code: "ENVELOPE_MISPLACED" });
  });

  it.each([
    [
      '$.payments[?(@.type == "card")].number',
      '{"payments":[{"type":"card","number":"4"},{"type":"cash","number":"5"}]}',
    ],
    ["$..a[?(@.n > 1 && @.t != ']')]", '{"x":{"a":[{"n":2,"t":"x"},{"n":1}]}}'],
  ])("is the same where a filter chose the values: %s", async (filter, text) => {
    const filtered = policyOf(
      [{ path: "/**", fields: [{ name: "card", select: filter, action: "encrypt", key: "pii-1" }] }],
      { filters: jsonpathPlus },
    );
    const bytes = await encryptBody({ bytes: bytesOf(text), mediaType: json }, filtered);
    expect(textOf(bytes).match(/fs1\./g)).toHaveLength(1);
    expect(textOf(await decryptor.decryptBody({ bytes, mediaType: json, expect: filtered }))).toBe(text);
  });

  const scalar = fc.oneof(
    fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
    fc.string({ unit: "binary" }).map((s) => `"${Array.from(s, escaped).join("")}"`),
    fc.constantFrom("1.0", "0", "-0.0", "1e400", "12345678901234567890", "true", "false", "null"),
  );
  const name = fc.oneof(
    fc.constantFrom("ssn", "email", "card", "other", "~", "^", "__proto__", "s\\u0073n"),
    fc.string({ maxLength: 4 }).map((s) => JSON.stringify(s).slice(1, -1)),
  );
  const space = fc.constantFrom("", " ", "\r\n", "\t");
  const document: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc
        .array(fc.tuple(name, space, tie("value"), space), { maxLength: 4 })
        .map((members) => `{${members.map(([n, a, v, b]) => `${a}"${n}"${b}:${a}${v}${b}`).join(",")}}`),
      fc.array(fc.tuple(space, tie("value")), { maxLength: 4 }).map((e) => `[${e.map(([s, v]) => s + v).join(",")}]`),
    ),
  })).value;

  it("is the very same bytes, for generated JSON documents", async () => {
    await fc.assert(
      fc.asyncProperty(document, async (text) => {
        const body = await sealed(text).catch(overlapping);
        fc.pre(body !== null);
        expect(await opened(body)).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  it("is the very same bytes, for generated forms", async () => {
    const part = fc
      .string({ unit: "grapheme", maxLength: 12 })
      .map((s) => encodeURIComponent(s).replaceAll("%20", "+"));
    const formName = fc.oneof(fc.constantFrom("ssn", "email[]", "card[k]", "s%73n", "other"), part);
    const pairs = fc.array(
      fc.tuple(formName, part).map((pair) => pair.join("=")),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(pairs, async (list) => {
        const text = list.join("&");
        expect(await opened(await sealed(text, { mediaType: form }), form)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it("with every envelope replaced by its raw token is the input", async () => {
    const values = ['"123-45-6789"', "1.0", '{"a": [1]}'];
    const text = `{"a":[${values.map((value) => `{"ssn": ${value} }`).join(" ,\n")}]}`;
    const body = await sealed(text);
    let at = 0;
    const spliced = body.replace(/"fs1\.[^"]+"/g, () => values[at++]!);
    expect(at).toBe(values.length);
    expect(spliced).toBe(text);
  });
});

/** Values of two rules inside each other are refused at the edge: nothing to open. */
function overlapping(error: { readonly code?: string }): null {
  if (error.code !== "FIELD_OVERLAP") throw error;
  return null;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
