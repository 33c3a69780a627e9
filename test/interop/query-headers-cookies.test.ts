import type { CloudFrontRequest, CloudFrontResultResponse } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDecryptor } from "../../packages/decrypt/src/index.ts";
import {
  type BodyTokenizer,
  createOriginRequestHandler,
  type OriginRequestOptions,
  parsePolicy,
} from "../../packages/edge-encrypt/src/index.ts";
import { originRequestEvent } from "../../packages/emulator/src/index.ts";
import { soak } from "../generators/soak.ts";
import { pems, pii } from "./fixtures.ts";

const seal = { name: "field", action: "encrypt", key: "pii-1" } as const;
const direct = { ...seal, format: "direct", prefix: "#E1#", suffix: "#1E#" } as const;
const tokenize = { name: "field", action: "tokenize", tokenFormat: "digits" } as const;
const tokenizer: BodyTokenizer = {
  tokenizeBatch: (values, { format, field }) =>
    Promise.resolve(values.map((value) => ({ token: `${format}/${field}/${value.length}` }))),
};
const decryptor = createDecryptor({
  keys: pems,
  direct: [{ prefix: "#E1#", suffix: "#1E#", fields: ["field"], kid: "pii-1" }],
});

/** One rule in each of the three places, and what the origin finds there of `value`. */
async function sent(
  rule: object,
  value: { readonly query?: string; readonly header?: string; readonly cookie?: string },
  options: Partial<OriginRequestOptions> = {},
): Promise<{ query: string | null; header: string | undefined; cookie: string | undefined } | { code: string }> {
  const policy = parsePolicy({
    version: 1,
    id: "places",
    keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
    routes: [
      {
        path: "/**",
        query: [{ ...rule, select: "$.value" }],
        headers: [{ ...rule, header: "x-value" }],
        cookies: [{ ...rule, cookie: "value" }],
      },
    ],
  });
  const { query, header, cookie } = value;
  const headers = {
    ...(header === undefined ? {} : { "x-value": header }),
    ...(cookie === undefined ? {} : { cookie: `a=1; value=${cookie}; b=2` }),
  };
  const event = originRequestEvent({
    method: "GET",
    uri: "/x",
    querystring: query === undefined ? "" : `a=%7e&value=${encodeURIComponent(query)}&b`,
    headers,
  });
  const handler = createOriginRequestHandler({ policy, tokenizer, log: () => {}, ...options });
  const result = (await handler(event)) as CloudFrontRequest & CloudFrontResultResponse;
  if (result.status !== undefined) return { code: /"code":"([A-Z_]+)"/.exec(String(result.body))![1]! };
  const of = (name: string): string | undefined => result.headers[name]?.[0]?.value;
  expect(result.querystring).toMatch(query === undefined ? /^$/ : /^a=%7e&(value=[^&#+]*&)?b$/);
  return {
    query: new URLSearchParams(result.querystring).get("value"),
    header: of("x-value"),
    cookie: /^a=1; (?:value=([^ ;]*); )?b=2$/.exec(of("cookie") ?? "")?.[1],
  };
}

const open = (text: string): Promise<string> => decryptor.decryptField(text, { field: "field" });

describe("a rule for query, headers or cookies", () => {
  it.each([
    ["native", seal, /^fs1\.r\.pii-1\.field\./],
    ["direct", direct, /^#E1#[A-Za-z0-9+/]+=*#1E#$/],
    ["jwe", { ...seal, format: "jwe" }, /^eyJ[A-Za-z0-9_.-]+$/],
  ])("seals in the %s format, which decryptField opens", async (_, rule, shape) => {
    const value = { query: "+44 é &=;", header: "+44 20 7946 é;,", cookie: "a=b%20c" };
    const found = await sent(rule, value);
    for (const place of ["query", "header", "cookie"] as const) {
      const text = (found as Record<string, string>)[place]!;
      expect(text).toMatch(shape);
      expect(await open(text)).toBe(value[place]);
    }
  });

  const header = fc.string({ unit: fc.constantFrom(...'aZ09 ~!;,="\\é€😀'), maxLength: 60 }).map((text) => text.trim());
  const cookie = fc.string({ unit: fc.constantFrom(..."aZ09!#$%&'()*+-./:<=>?@[]^_`{|}~"), maxLength: 60 });
  it("gives back every value, whatever the format", async () => {
    const formats = fc.constantFrom(seal, direct, { ...seal, format: "jwe", dataKey: "field" });
    await fc.assert(
      fc.asyncProperty(
        formats,
        fc.string({ unit: "grapheme", maxLength: 60 }),
        header,
        cookie,
        async (rule, ...values) => {
          const [query, inHeader, inCookie] = values;
          const found = (await sent(rule, { query, header: inHeader, cookie: inCookie })) as Record<string, string>;
          expect(await open(found.query!)).toBe(query);
          expect(await open(found.header!)).toBe(inHeader);
          expect(await open(found.cookie!)).toBe(inCookie);
        },
      ),
      { numRuns: soak(60) },
    );
  });

  it.each([
    ["mask", { action: "mask", keepLast: 2 }, "078-05-1120", "****20"],
    ["round", { action: "round", decimals: 1 }, "52.5163", "52.5"],
    ["tokenize", tokenize, "4111", "digits/field/4"],
  ])("can %s", async (_, rule, value, expected) => {
    const found = await sent({ name: "field", ...rule }, { query: value, header: value, cookie: value });
    expect(found).toEqual({ query: expected, header: expected, cookie: expected });
  });

  it("removes the pair, the header, the cookie", async () => {
    const found = await sent({ name: "field", action: "remove" }, { query: "x", header: "x", cookie: "x" });
    expect(found).toEqual({ query: null, header: undefined, cookie: undefined });
  });

  it.each([
    ["round", { action: "round", decimals: 1 }, { header: "text" }, "FIELD_SHAPE_MISMATCH"],
    [
      "a mask that would leave an open quote",
      { action: "mask", keepLast: 2 },
      { cookie: '"abcdef"' },
      "FIELD_SHAPE_MISMATCH",
    ],
    ["a token that a cookie cannot hold", tokenize, { cookie: "x" }, "FIELD_SHAPE_MISMATCH", "a;b"],
    ["a token that would begin another cookie", tokenize, { cookie: "x" }, "FIELD_SHAPE_MISMATCH", "a, b"],
    ["a token that would begin another header", tokenize, { header: "x" }, "FIELD_SHAPE_MISMATCH", "a\r\nx-b: 1"],
    ["a value too long for the direct format", direct, { header: "x".repeat(191) }, "DIRECT_VALUE_TOO_LONG"],
  ])("is refused for %s", async (_, rule, value, code, token = "") => {
    const broken: BodyTokenizer = { tokenizeBatch: (values) => Promise.resolve(values.map(() => ({ token }))) };
    expect(await sent({ name: "field", ...rule }, value, { tokenizer: broken })).toEqual({ code });
  });

  it.each([[{ query: "x" }], [{ header: "x" }], [{ cookie: "x" }]])(
    "needs a tokenizer to tokenize %j",
    async (value) => {
      expect(await sent(tokenize, value, { tokenizer: undefined as never })).toEqual({ code: "TOKENIZER_MISSING" });
    },
  );
});
