// What is asked of functions that callers bring, and what becomes of requests where these misbehave.
import { Buffer } from "node:buffer";
import { setTimeout } from "node:timers/promises";
import type { CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import { afterEach, describe, expect, it, vi } from "vitest";
import { policyDocument, type SealingRule, seals } from "../../../test/fixtures/sealing-policy.ts";
import {
  type BodyTokenizer,
  createOriginRequestHandler,
  encryptBody,
  encryptBodySync,
  type OriginRequestOptions,
  parsePolicy,
} from "./index.ts";

const tokenizes = { name: "id", select: "$.id", action: "tokenize", tokenFormat: "digits" } as unknown as SealingRule;
const policy = parsePolicy(policyDocument([seals("$..ssn"), tokenizes]));
const text = '{"id":"4111","more":"x","ssn":"078-05-1120"}';
const body = { bytes: Buffer.from(text), mediaType: "application/json" };
const config = expect.objectContaining({ code: "CONFIG_INVALID" }) as Error;
const failed = expect.objectContaining({ code: "TOKENIZER_FAILED" }) as Error;

function eventOf(data: string): CloudFrontRequestEvent {
  const headers = { "content-type": [{ key: "Content-Type", value: "application/json" }] };
  const sent = {
    inputTruncated: false,
    action: "read-only",
    encoding: "base64",
    data: Buffer.from(data).toString("base64"),
  };
  const request = { clientIp: "203.0.113.7", method: "POST", uri: "/", querystring: "", headers, body: sent };
  return { Records: [{ cf: { config: { eventType: "origin-request", requestId: "r" }, request } }] } as never;
}

async function answer(options: Partial<OriginRequestOptions>): Promise<CloudFrontResultResponse> {
  const handler = createOriginRequestHandler({ policy, log: () => {}, ...options });
  return (await handler(eventOf(text))) as CloudFrontResultResponse;
}

const answers = (tokens: unknown): BodyTokenizer => ({ tokenizeBatch: () => Promise.resolve(tokens) as never });
const tokenizer = answers([{ token: "9876" }]);

afterEach(() => void vi.restoreAllMocks());

describe("a tokenizer", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["what is no list", { 0: { token: "1" }, length: 1 }],
    ["too few tokens", []],
    ["too many tokens", [{ token: "1" }, { token: "2" }]],
    ["no token", [{}]],
    ["nothing for a value", [null]],
    ["texts instead of results", ["1"]],
    ["a number", [{ token: 4111 }]],
    ["bytes", [{ token: Buffer.from("1") }]],
    ["half a surrogate pair", [{ token: "\ud800" }]],
    ["an empty token for a value", [{ token: "" }]],
  ])("that gives %s is TOKENIZER_FAILED, and nothing leaves", async (_, tokens) => {
    await expect(encryptBody(body, policy, { tokenizer: answers(tokens) })).rejects.toThrowError(failed);
    const { status, body: problem } = await answer({ tokenizer: answers(tokens) });
    expect([status, JSON.parse(problem!)]).toEqual(["500", expect.objectContaining({ code: "TOKENIZER_FAILED" })]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("cannot tokenize 4111");
      },
    ],
    ["rejects", () => Promise.reject(new Error("cannot tokenize 4111"))],
    ["rejects with nothing", () => Promise.reject()],
  ])("that %s is TOKENIZER_FAILED, whose message says no value", async (_, tokenizeBatch) => {
    const error = await encryptBody(body, policy, { tokenizer: { tokenizeBatch } }).catch((one: unknown) => one);
    expect(error).toEqual(failed);
    expect((error as Error).message).not.toContain("4111");
  });

  it("keeps the codes of its own", async () => {
    const own = encryptBodySync.bind(null, body, policy);
    const tokenizeBatch = async (): Promise<never> => own() as never;
    await expect(encryptBody(body, policy, { tokenizer: { tokenizeBatch } })).rejects.toMatchObject({
      code: "TOKENIZER_MISSING",
    });
  });

  it("that gives no answer in time is TOKENIZER_FAILED", async () => {
    const never = { tokenizeBatch: () => new Promise<never>(() => {}) };
    await expect(encryptBody(body, policy, { tokenizer: never, tokenizerTimeout: 20 })).rejects.toThrowError(failed);
    const { body: problem } = await answer({ tokenizer: never, tokenizerTimeout: 20 });
    expect(JSON.parse(problem!)).toMatchObject({ code: "TOKENIZER_FAILED" });
    for (const tokenizerTimeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5" as never]) {
      await expect(encryptBody(body, policy, { tokenizer, tokenizerTimeout })).rejects.toThrowError(config);
    }
  });

  it("leaves no timer behind", async () => {
    const before = process.getActiveResourcesInfo().filter((one) => one === "Timeout").length;
    await encryptBody(body, policy, { tokenizer });
    expect(process.getActiveResourcesInfo().filter((one) => one === "Timeout")).toHaveLength(before);
  });

  it("may take its time: what becomes of the caller's memory meanwhile changes nothing", async () => {
    const bytes = Buffer.from(text);
    const slow: BodyTokenizer = {
      tokenizeBatch: (values) =>
        setTimeout(
          5,
          values.map(() => ({ token: "9876" })),
        ),
    };
    const sealing = encryptBody({ bytes, mediaType: "application/json" }, policy, { tokenizer: slow });
    bytes.fill('{"ssn":"078-05-1120"}  ');
    const sealed = Buffer.from(await sealing).toString();
    expect(sealed).toMatch(/^\{"id":"9876","more":"x","ssn":"fs1\.[^"]*"\}$/);
  });
});

describe("the options of a body", () => {
  it.each([
    ["a misspelt option", { tokeniser: tokenizer }],
    ["null for a tokenizer", { tokenizer: null }],
    ["a tokenizer that is none", { tokenizer: {} }],
    ["a function for a tokenizer", { tokenizer: () => [] }],
    ["null", null],
  ])("are refused where there is %s", async (_, options) => {
    await expect(encryptBody(body, policy, options as never)).rejects.toThrowError(config);
  });
});

describe("the options of a handler", () => {
  it.each([
    ["nothing", undefined],
    ["a misspelt receiptKeyHeader", { policy, receiptKeyHeadr: "x-key" }],
    ["a misspelt mode", { policy, mode: "enforced" }],
    ["no mode", { policy, mode: null }],
    ["a misspelt requestLog", { policy, requestLog: "jsn" }],
    ["an unknown originPayloadHash", { policy, originPayloadHash: "x-sha256" }],
    ["an unknown bodyDigests", { policy, bodyDigests: "keep" }],
    ["a receiptKeyHeader that is no text", { policy, receiptKeyHeader: 5 }],
    ["an empty receiptKeyHeader", { policy, receiptKeyHeader: "" }],
    ["a receiptKeyHeader that is null", { policy, receiptKeyHeader: null }],
    ["a receiptKeyHeader that is no name", { policy, receiptKeyHeader: "x key" }],
    ["a log that is no function", { policy, log: "console" }],
    ["an onSealed that is no function", { policy, onSealed: null }],
    ["a clock that is no function", { policy, now: 1 }],
    ["a tokenizer that is none", { policy, tokenizer: {} }],
    ["a time that is none", { policy, tokenizer, tokenizerTimeout: 0 }],
    ["a document for a policy", { policy: policyDocument([]) }],
    ["a promise for a policy", { policy: Promise.resolve(policy) }],
  ])("are refused where there is %s", (_, options) => {
    expect(() => createOriginRequestHandler(options as never)).toThrowError(config);
  });

  it("refuse a promise for a policy with what to do", () => {
    const refused = expect.objectContaining({ hint: "await it first" }) as Error;
    expect(() => createOriginRequestHandler({ policy: Promise.resolve(policy) as never })).toThrowError(refused);
  });
});

it.each(["origin-response", "viewer-response"])(
  "an event of %s is none for a handler of requests",
  async (eventType) => {
    const event = eventOf(text);
    Object.assign(event.Records[0]!.cf.config, { eventType });
    Object.assign(event.Records[0]!.cf.request, { method: "GET", uri: "/health", body: undefined });
    const { body: problem } = (await createOriginRequestHandler({ policy, log: () => {} })(
      event,
    )) as CloudFrontResultResponse;
    expect(JSON.parse(problem ?? "null")).toMatchObject({ code: "EVENT_INVALID" });
  },
);

describe("a policy", () => {
  const document = policyDocument([seals("$.ssn")]);
  it.each<[string, unknown, string]>([
    ["its text", JSON.stringify(document), "JSON.parse"],
    ["the bytes of its file", Buffer.from(JSON.stringify(document)), "JSON.parse"],
    ["a promise of it", Promise.resolve(document), "await"],
    ["one that is parsed already", policy, "parsed already"],
  ])("is not parsed from %s, which is said", (_, value, hint) => {
    const refused = expect.objectContaining({ code: "POLICY_INVALID", hint: expect.stringContaining(hint) });
    expect(() => parsePolicy(value)).toThrowError(refused as Error);
  });
});

describe("a listener of a handler", () => {
  it("log that throws changes no answer", async () => {
    const log = (): never => {
      throw new Error("log is full");
    };
    const { status, body: problem } = await answer({ log });
    expect([status, JSON.parse(problem!)]).toEqual(["500", expect.objectContaining({ code: "TOKENIZER_MISSING" })]);
  });

  it("onSealed that throws ends the request, which nobody else would know of", async () => {
    const onSealed = (): never => {
      throw new Error("full");
    };
    expect(JSON.parse((await answer({ tokenizer, onSealed })).body!)).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("that rejects later ends no process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const later = (): never => setTimeout(1).then(() => Promise.reject(new Error("full"))) as never;
    await answer({ log: later });
    expect(await answer({ tokenizer, onSealed: later })).not.toHaveProperty("status");
    await setTimeout(20);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
