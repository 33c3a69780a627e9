import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expect } from "../../packages/decrypt/src/index.ts";
import { encryptBody, type Policy, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { soak } from "../generators/soak.ts";
import { bytesOf, codeOf, decryptorOf, json, pii, textOf } from "./fixtures.ts";

const policyOf = (format: "native" | "jwe"): Policy =>
  parsePolicy({
    version: 1,
    id: "within",
    keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
    routes: [
      {
        path: "/**",
        fields: [{ name: "ssn", select: "$..ssn", within: "json", action: "encrypt", key: "pii-1", format }],
        onNameVariant: "ignore",
        onShapeMismatch: "ignore",
      },
    ],
  });

const policy = policyOf("native");
const decryptor = decryptorOf();
const sealed = async (text: string, mediaType = json, by = policy): Promise<string> =>
  textOf(await encryptBody({ bytes: bytesOf(text), mediaType }, by));
const opened = async (text: string, mediaType = json, expected: Expect = policy): Promise<string> =>
  textOf(await decryptor.decryptBody({ bytes: bytesOf(text), mediaType, expect: expected }));

const inString = (document: string): string => JSON.stringify({ payload: document });

describe("values in the JSON of a string, sealed and opened again", () => {
  it.each([
    ["a string", inString('{"ssn":"078-05-1120"}')],
    ["a number and an object", inString('{"a":{"ssn":1.0},"b":{"ssn":{ "x":[1] }}}')],
    ["escapes in the inner text", inString('{"ssn":"a\\"b\\\\\\u00eb\\/"}')],
    ["slashes that the string escapes, as PHP does", '{"payload":"{\\"ssn\\":\\"01\\\\\\/02\\\\\\/1990\\"}"}'],
    ["letters that the string escapes, as Python does", '{"payload":"{\\"ssn\\":\\"\\u00eb \\ud83d\\ude00\\"}"}'],
    ["everything that can be escaped, escaped", '{"payload":"\\u007b\\u0022ssn\\u0022\\u003a\\u0022x\\u0022\\u007d"}'],
    ["a lone surrogate", '{"payload":"{\\"ssn\\":\\"\\ud800\\"}"}'],
    ["white space all around", '{"payload":" \\r\\n{ \\"ssn\\" :\\t\\"x\\" } "}'],
    ["inside and outside of strings", '[{"ssn":1},"{\\"ssn\\":2}"]'],
  ])("are the very same bytes: %s", async (_, text) => {
    for (const by of [policy, policyOf("jwe")]) {
      const body = await sealed(text, json, by);
      expect(body).not.toBe(text);
      expect(() => JSON.parse(body)).not.toThrow();
      expect(await opened(body, json, by)).toBe(text);
    }
  });

  it("are the very same bytes in NDJSON", async () => {
    const text = `${inString('{"ssn":1}')}\r\n\n${inString('[{"ssn":"2"}]')}`;
    const body = await sealed(text, "application/x-ndjson");
    expect(body.match(/fs1\.r/g)).toHaveLength(2);
    expect(await opened(body, "application/x-ndjson")).toBe(text);
  });

  // Each character of a string in one of the ways that JSON has for it.
  const spelled = (text: string, ways: readonly number[]): string =>
    Array.from({ length: text.length }, (_, i) => {
      const char = text[i]!;
      const hex = `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
      const plain = JSON.stringify(char).slice(1, -1);
      return [plain, hex, plain, char === "/" ? "\\/" : plain, hex.toUpperCase().replace("\\U", "\\u")][
        ways[i % ways.length]!
      ]!;
    }).join("");
  const ways = fc.array(fc.nat(4), { minLength: 1, maxLength: 9 });
  const inner = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.tuple(fc.string({ unit: "binary" }), ways).map(([text, how]) => `"${spelled(text, how)}"`),
      fc.constantFrom("1.0", "null", "true", "-0e1", "[]", "{}"),
      fc
        .array(fc.tuple(fc.constantFrom('"ssn"', '"s\\u0073n"', '"x"', '""'), tie("value")), { maxLength: 3 })
        .map((members) => `{${members.map(([name, value]) => `${name} : ${value}`).join(",\n")}}`),
      fc.array(tie("value"), { maxLength: 3 }).map((elements) => `[${elements.join(" ,")}]`),
    ),
  })).value;

  it("are the very same bytes, for generated texts in generated spellings", async () => {
    let envelopes = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(inner, ways), { minLength: 1, maxLength: 3 }), async (texts) => {
        const text = `{${texts.map(([value, how]) => `"p":"${spelled(value, how)}"`).join(",")}}`;
        const body = await sealed(text);
        envelopes += body.split("fs1.r").length - 1;
        expect(() => JSON.parse(body)).not.toThrow();
        expect(await opened(body)).toBe(text);
      }),
      { numRuns: soak(200) },
    );
    expect(envelopes).toBeGreaterThan(50);
  });
});

describe("an envelope in the JSON of a string", () => {
  const text = '{"payload":"{\\"ssn\\":\\"01\\\\\\/02\\"}"}';

  it("means the same in a document of its own, and alone", async () => {
    const document = (JSON.parse(await sealed(text)) as { payload: string }).payload;
    const { ssn } = JSON.parse(document) as { ssn: string };
    expect(await decryptor.decryptField(ssn, { field: "ssn" })).toBe("01/02");
    expect(await opened(document)).toBe('{"ssn":"01\\/02"}');
    expect(await opened(JSON.stringify({ payload: JSON.stringify({ ssn }) }))).toBe(text);
    const typed = JSON.parse(await sealed(inString('{"ssn":7}'))) as { payload: string };
    expect(await opened(typed.payload)).toBe('{"ssn":7}');
    const outer = JSON.parse(await sealed('{"ssn":7}')) as { ssn: string };
    expect(await opened(inString(JSON.stringify(outer)))).toBe(inString('{"ssn":7}'));
  });

  it("is expected there by a selector that says so, and by no other", async () => {
    const body = await sealed(text);
    expect(await opened(body, json, { ssn: { select: "$.payload.ssn", within: "json" } })).toBe(text);
    expect(await opened(body, json, { ssn: ["$.x", { select: "$..ssn", within: "json" }] })).toBe(text);
    for (const expected of [{ ssn: "$..ssn" }, { ssn: { select: "$.payload.x", within: "json" } }] as const) {
      expect(await codeOf(opened(body, json, expected))).toBe("ENVELOPE_MISPLACED");
    }
  });

  it("is misplaced in a part of an inner string, in an inner name, and in a string two levels down", async () => {
    const { ssn } = JSON.parse(await sealed('{"ssn":1}')) as { ssn: string };
    for (const document of [{ ssn: `x ${ssn}` }, { [ssn]: 1 }, { x: ssn }, { x: JSON.stringify({ ssn }) }]) {
      expect(await codeOf(opened(inString(JSON.stringify(document))))).toBe("ENVELOPE_MISPLACED");
    }
  });

  it("is masked and marked with the escapes of the string", async () => {
    const body = await sealed(inString('{"ssn":123456789}'));
    const reader = decryptorOf({ access: { rules: [{ principal: "p", fields: { ssn: { mask: 4 } } }] } as never });
    const masked = await reader.decryptBody(
      { bytes: bytesOf(body), mediaType: json, expect: policy },
      { principal: "p" },
    );
    expect(textOf(masked)).toMatch(/^\{"payload":"\{\\"ssn\\":\\"\*+6789\\"\}"\}$/);
  });
});
