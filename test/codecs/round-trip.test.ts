import { generateKeyPairSync } from "node:crypto";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { type BodyToEncrypt, definePolicy, encryptBody, encryptBodySync, type Policy } from "@fieldseal/edge-encrypt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const pair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const decryptor = createDecryptor({ keys: pemKeys({ "pii-1": pair.privateKey }) });

interface Rule {
  readonly select: string;
  readonly action?: string;
  readonly required?: boolean;
  readonly keepLast?: number;
  readonly tokenFormat?: string;
}

function policyOf(rules: readonly Rule[], route: object = {}): Policy {
  const fields = rules.map(({ action = "encrypt", ...rule }, index) => {
    return { name: `field-${index}`, action, ...rule, ...(action === "encrypt" ? { key: "pii-1" } : {}) };
  });
  const keys = { "pii-1": { alg: "RSA-OAEP-256", publicKey: pair.publicKey } };
  const routes = [{ path: "/**", fields, ...route }];
  return definePolicy({ version: 1, id: "test", keys, routes } as Parameters<typeof definePolicy>[0]);
}

const body = (mediaType: string, text: string): BodyToEncrypt => ({ mediaType, bytes: new TextEncoder().encode(text) });
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const envelope = /fs1\.r\.pii-1\.field-[0-9]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.fs/g;

/** The sealed body with each envelope shown as `#`, and the body after opening it again. */
async function sealedAndOpened(given: BodyToEncrypt, policy: Policy): Promise<[string, string]> {
  const bytes = await encryptBody(given, policy);
  const opened = await decryptor.decryptBody({ bytes, mediaType: given.mediaType, expect: policy });
  return [textOf(bytes).replace(envelope, "#"), textOf(opened)];
}

function codeOf(given: BodyToEncrypt, policy: Policy): string | null {
  try {
    encryptBodySync(given, policy);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const multipart = "multipart/form-data; boundary=b";
const part = (disposition: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;

describe("what is sealed", () => {
  it.each([
    ["application/x-ndjson", '{"ssn":"1", "n":1.0}\r\n\r\n{"ssn":[2]}', '{"ssn":"#", "n":1.0}\r\n\r\n{"ssn":"#"}'],
    [
      multipart,
      `${part("name=ssn", "1\r\n2")}${part('name="f"; filename="x"', "keep")}${part('name="ssn[]"; filename=y', "3")}--b--\r\n`,
      `${part("name=ssn", "#")}${part('name="f"; filename="x"', "keep")}${part('name="ssn[]"; filename=y', "#")}--b--\r\n`,
    ],
    [
      "application/xml",
      "<?xml version='1.0'?><r><p:ssn xmlns:p='x'>1 &amp; <b k='v'/><![CDATA[<]]></p:ssn><ssn></ssn> </r>\n",
      "<?xml version='1.0'?><r><p:ssn xmlns:p='x'>#</p:ssn><ssn>#</ssn> </r>\n",
    ],
    ["application/soap+xml", '<r><ssn k="&#9;">\u00e9</ssn></r>', '<r><ssn k="&#9;">#</ssn></r>'],
  ])("%s comes back byte for byte", async (mediaType, text, sealed) => {
    const policy = policyOf([{ select: "$..ssn" }]);
    expect(await sealedAndOpened(body(mediaType, text), policy)).toEqual([sealed, text]);
  });

  it("attributes come back byte for byte, in either kind of quotes", async () => {
    const text = `<r a='1"2' b = "3'&lt;4"/>`;
    const policy = policyOf([{ select: "$.r['@a','@b']" }]);
    expect(await sealedAndOpened(body("text/xml", text), policy)).toEqual([`<r a='#' b = "#"/>`, text]);
  });

  it("a whole text comes back byte for byte, where the route lists text/plain", async () => {
    const text = body("text/plain", '\ufeff{"a":1}\n');
    const listed = policyOf([{ select: "$" }], { mediaTypes: ["text/plain"] });
    expect(await sealedAndOpened(text, listed)).toEqual(["#", '\ufeff{"a":1}\n']);
    expect(codeOf(text, policyOf([{ select: "$" }]))).toBe("MEDIA_TYPE_MISMATCH");
    expect(codeOf(body("application/xml", "<a/>"), policyOf([{ select: "$" }]))).toBe("MEDIA_TYPE_MISMATCH");
  });

  it("an empty value without a place of its own is given one", async () => {
    const ssn = policyOf([{ select: "$..ssn" }]);
    expect(await sealedAndOpened(body("text/xml", "<r><p:ssn k='v' /></r>"), ssn)).toEqual([
      "<r><p:ssn k='v' >#</p:ssn></r>",
      "<r><p:ssn k='v' ></p:ssn></r>",
    ]);
    const form = "application/x-www-form-urlencoded";
    expect(await sealedAndOpened(body(form, "a=1&ssn&ssn="), policyOf([{ select: "$.ssn" }]))).toEqual([
      "a=1&ssn=#&ssn=#",
      "a=1&ssn=&ssn=",
    ]);
  });

  it("an empty value is sealed once where two rules of one name select it", async () => {
    const rules = [{ select: "$.ssn" }, { select: "$.ssn[0]" }];
    const policy = policyOf(rules.map((rule) => ({ ...rule, name: "field-0" })));
    expect((await sealedAndOpened(body("application/x-www-form-urlencoded", "ssn=&b=1"), policy))[0]).toBe("ssn=#&b=1");
  });

  it("holds no boundary, however short: it is sealed again", async () => {
    const short = body(multipart, `${Array.from("0123456789", (value) => part("name=ssn", value)).join("")}--b--`);
    const policy = policyOf([{ select: "$.ssn" }]);
    const delimiters = await Promise.all(
      Array.from({ length: 200 }, async () => textOf(await encryptBody(short, policy)).split("--b").length - 1),
    );
    expect(new Set(delimiters)).toEqual(new Set([11]));
  });

  it("is refused where every try holds it, as a token may", async () => {
    const given = body(multipart, `${part("name=ssn", "1")}--b--`);
    const policy = policyOf([{ select: "$.ssn", action: "tokenize", tokenFormat: "digits" }]);
    const tokenizer = { tokenizeBatch: async (values: readonly string[]) => values.map(() => ({ token: "--b" })) };
    await expect(encryptBody(given, policy, { tokenizer })).rejects.toMatchObject({ code: "MEDIA_TYPE_MISMATCH" });
  });

  it("any values of any XML, NDJSON and multipart body come back byte for byte", async () => {
    const policy = policyOf([{ select: "$..ssn" }]);
    const inner = fc.constantFrom(
      "t",
      "&lt;",
      "<b>x</b>",
      "<!-- c -->",
      "<![CDATA[<]]>",
      "é",
      "\r\n",
      "<ssn>y</ssn>",
      "'",
    );
    const content = fc.array(inner, { maxLength: 5 }).map((list) => list.join(""));
    const element = content.map((value) => `<ssn>${value}</ssn>`);
    const xml = fc.array(fc.oneof(element, content)).map((list) => `<r>${list.join("\n")}</r>`);
    const lines = fc.array(fc.dictionary(fc.constantFrom("ssn", "other"), fc.jsonValue()));
    const parts = fc.array(fc.tuple(fc.constantFrom("ssn", "other"), fc.string({ unit: "grapheme" })));
    const bodies = fc.oneof(
      xml.map((text) => body("application/xml", text)),
      lines.map((list) => body("application/jsonl", `${list.map((line) => JSON.stringify(line)).join("\n")}\n`)),
      parts.map((list) => body(multipart, `${list.map(([name, value]) => part(`name=${name}`, value)).join("")}--b--`)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (given) => {
        fc.pre(
          !textOf(given.bytes)
            .replaceAll(/--b\r\nCont|--b--$/g, "")
            .includes("--b"),
        );
        expect((await sealedAndOpened(given, policy))[1]).toBe(textOf(given.bytes));
      }),
      { numRuns: 150 },
    );
  });
});

describe("what is opened", () => {
  it("stays inside its place: content that was sealed elsewhere does not end an attribute", async () => {
    const policy = policyOf(
      [{ select: "$.r.e" }, { select: "$.r['@a']" }].map((rule) => ({ ...rule, name: "field-0" })),
    );
    const sealed = textOf(await encryptBody(body("text/xml", `<r><e>x" y="z</e></r>`), policy));
    const moved = `<r a="${sealed.match(envelope)![0]}"/>`;
    const { bytes } = body("text/xml", moved);
    const opened = await decryptor.decryptBody({ bytes, mediaType: "text/xml", expect: policy });
    expect(textOf(opened)).toBe(`<r a="x&quot; y=&quot;z"/>`);
  });
});

describe("what is removed", () => {
  it.each([
    ["application/xml", "<r><a/> <ssn k='1'>x</ssn>\n<b/></r>", "$.r.ssn", "<r><a/> \n<b/></r>"],
    ["application/xml", "<r><ssn/></r>", "$.r.ssn", "<r></r>"],
    ["application/xml", "<r  a='1'\n ssn='2' b='3'/>", "$.r['@ssn']", "<r  a='1' b='3'/>"],
    [multipart, `${part("name=a", "1")}${part("name=ssn", "2")}--b--`, "$.ssn", `${part("name=a", "1")}--b--`],
    [multipart, `${part("name=ssn", "2")}--b--\r\n`, "$.ssn", "--b--\r\n"],
    ["application/x-ndjson", '{"ssn":1,"a":2}\n{"ssn":1}\n', "$.ssn", '{"a":2}\n{}\n'],
  ])("%s: the value goes with its surroundings", async (mediaType, text, select, left) => {
    const policy = policyOf([{ select, action: "remove" }]);
    expect(textOf(await encryptBody(body(mediaType, text), policy))).toBe(left);
  });

  it("attributes go with their element, whatever becomes of them", async () => {
    const policy = policyOf([
      { select: "$.r.ssn", action: "remove" },
      { select: "$.r.ssn['@k']" },
      { select: "$.r.ssn['@l']", action: "remove" },
    ]);
    expect(textOf(await encryptBody(body("text/xml", "<r><ssn k='1' l='2'>x</ssn></r>"), policy))).toBe("<r></r>");
  });

  it("the root element of a document cannot go", () => {
    const policy = policyOf([{ select: "$.r", action: "remove" }]);
    for (const text of ["<r>x</r>", "\ufeff<r>x</r>"]) {
      expect(codeOf(body("text/xml", text), policy)).toBe("FIELD_SHAPE_MISMATCH");
    }
  });
});

describe("what is refused", () => {
  const required = policyOf([{ select: "$.a.ssn", required: true }]);
  it.each([
    ["application/x-ndjson", '{"a":{"ssn":1}}\n{"a":{"ssn":2}}', null],
    ["application/x-ndjson", '{"a":{"ssn":1}}\n{"b":2}', "FIELD_REQUIRED_MISSING"],
    ["application/x-ndjson", "\n\n", "FIELD_REQUIRED_MISSING"],
    ["application/xml", "<a><ssn/></a>", null],
    ["application/xml", "<a/>", "FIELD_REQUIRED_MISSING"],
    ["application/xml", "<b/>", "FIELD_REQUIRED_MISSING"],
  ])("a required value that is missing: %s %j", (mediaType, text, code) => {
    expect(codeOf(body(mediaType, text), required)).toBe(code);
  });

  it.each([
    ["$.a.item[0]", "<a><item/><item/></a>", null],
    ["$.a.item[*].ssn", "<a><item><ssn/></item><item><ssn/></item></a>", null],
    ["$.a.item[*].ssn", "<a><item><ssn/></item><item/></a>", "FIELD_REQUIRED_MISSING"],
    ["$.a.item[1]", "<a><item/></a>", "FIELD_REQUIRED_MISSING"],
    ["$.a..['@id']", "<a id='1'/>", null],
    ["$.a..['@id']", "<a><b/></a>", "FIELD_REQUIRED_MISSING"],
    ["$..ssn", "<a><b><ssn/></b></a>", null],
    ["$..a..a", "<a><a>x</a></a>", "FIELD_REQUIRED_MISSING"],
  ])("a required value of XML: %s in %s", (select, text, code) => {
    expect(codeOf(body("application/xml", text), policyOf([{ select, required: true }]))).toBe(code);
  });

  it.each([
    ["$.a.ssn", "<a>123-45-6789</a>", "FIELD_SHAPE_MISMATCH"],
    ["$.a.ssn", "<a> <!-- none --> </a>", null],
    ["$.a.ssn", "<a>mixed<b/></a>", null],
    ["$.a['@id']", "<a>no attribute</a>", null],
    ["$.a['@id'].x", "<a id='1'/>", "FIELD_SHAPE_MISMATCH"],
    ["$.a.b[0].ssn", "<a><b>123-45-6789</b></a>", "FIELD_SHAPE_MISMATCH"],
    ["$.a.b[0].ssn", "<a><b><ssn/></b></a>", null],
    ["$.a.ssn", "<a><SSN>1</SSN></a>", "FIELD_NAME_VARIANT"],
    ["$.a['@id']", "<a ID='1'/>", "FIELD_NAME_VARIANT"],
  ])("another shape or name than the selector's: %s in %s", (select, text, code) => {
    expect(codeOf(body("application/xml", text), policyOf([{ select }]))).toBe(code);
  });

  it("envelopes that arrive in any text or name", async () => {
    const policy = policyOf([{ select: "$.a" }]);
    const sealed = await encryptBody(body("application/x-www-form-urlencoded", "a=1"), policy);
    const foreign = textOf(sealed).slice(2);
    for (const [mediaType, text] of [
      ["application/xml", `<r>${foreign.slice(0, 9)}<!-- x -->${foreign.slice(9)}</r>`],
      ["application/xml", `<r k="&#${foreign.charCodeAt(0)};${foreign.slice(1)}"/>`],
      ["application/jsonl", `{"b":1}\n{"b":"${foreign}"}`],
      [multipart, `${part("name=x", foreign)}--b--`],
      [multipart, `${part(`name="${foreign}"`, "x")}--b--`],
    ] as const) {
      expect(codeOf(body(mediaType, text), policy)).toBe("FOREIGN_ENVELOPE");
    }
    expect(codeOf(body(multipart, `${part("name=x; filename=y\r\nContent-Type: a/b", foreign)}--b--`), policy)).toBe(
      null,
    );
    expect(codeOf(body(multipart, `${part("name=x; filename=y", foreign)}--b--`), policy)).toBe("FOREIGN_ENVELOPE");
  });
});
