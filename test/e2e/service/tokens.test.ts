import { createAuditTrail } from "@fieldseal/decrypt/audit";
import { createTokenizer } from "@fieldseal/tokenizer";
import { createTokenService } from "@fieldseal/tokenizer/service";
import { describe, expect, it } from "vitest";
import { allOf, card, claims, context, formats, keys, post, refused, start } from "./token-service.ts";

describe("tokens over HTTP", () => {
  it.each([
    ["card", "1"],
    ["bin", "vault"],
  ])("are made of values and opened again: %s", async (format, version) => {
    const started = await start();
    const made = await post(started, "tokenize", { value: card, format });
    expect(made).toMatchObject({ status: 200, json: { token: expect.stringMatching(/1111$/), version } });
    expect(made.json.token).not.toBe(card);
    expect(made.headers.get("cache-control")).toBe("no-store");
    const opened = await post(started, "detokenize", { ...made.json, format });
    expect(opened).toMatchObject({ status: 200, json: { value: card } });
  });

  it("are those of the library, for field, version, subject and the tenant of the claim", async () => {
    const started = await start();
    const library = createTokenizer({
      keys: { ...keys, versions: { ...keys.versions } },
      formats: { card: formats.card!, born: formats.born! },
    });
    const request = { format: "card", field: "billing", version: "2" };
    const { json } = await post(started, "tokenize", { value: card, ...request });
    expect(json).toEqual(await library.tokenize(card, { ...request, tenant: "t-1" }));
    const born = { format: "born", subject: "customer-42" };
    const moved = await post(started, "tokenize", { value: "1980-02-29", ...born });
    expect(moved.json).toEqual(await library.tokenize("1980-02-29", { ...born, tenant: "t-1" }));
  });

  it("are nobody's without a valid JSON Web Token", async () => {
    const started = await start();
    for (const route of ["tokenize", "detokenize", "tokenize-batch", "detokenize-batch"]) {
      expect(await post(started, route, {}, { token: "x" })).toEqual(refused(401, "UNAUTHENTICATED"));
    }
  });

  it("have the tenant of the caller's claim, and never one that the request names", async () => {
    const started = await start();
    const { json } = await post(started, "tokenize", { value: card, format: "bin" });
    const asOther = { payload: { ...claims, tenant: "t-2" } };
    const request = { token: json.token, format: "bin" };
    expect(await post(started, "detokenize", request, asOther)).toEqual(refused(403, "TOKEN_OTHER_TENANT"));
    expect(await post(started, "detokenize", { ...request, tenant: "t-1" }, asOther)).toEqual(
      refused(400, "REQUEST_INVALID"),
    );
    expect(await post(started, "detokenize", request, { payload: { role: "shop" } })).toEqual(
      refused(403, "CONTEXT_MISSING"),
    );
  });

  it("follow the rules by principal, purpose, field and direction", async () => {
    const reading = {
      principal: "role:support",
      purpose: "refund",
      context,
      fields: { billing: { mask: 4 } },
    } as const;
    const started = await start({
      access: { tokenize: allOf({ billing: "full" }), detokenize: { rules: [reading] } },
    });
    const request = { format: "card", field: "billing" };
    const { json } = await post(started, "tokenize", { value: card, ...request });
    const opening = { token: json.token, ...request };
    const support = { role: "support", tenant: "t-1", purpose: "refund" };
    expect((await post(started, "detokenize", opening, { payload: support })).json).toEqual({
      value: expect.stringMatching(/^\*+1111$/),
    });
    for (const payload of [claims, { ...support, purpose: "other" }]) {
      expect(await post(started, "detokenize", opening, { payload })).toEqual(refused(403, "ACCESS_DENIED"));
    }
    const elsewhere = { value: card, format: "card", field: "shipping" };
    expect(await post(started, "tokenize", elsewhere)).toEqual(refused(403, "ACCESS_DENIED"));
    const asSupport = await post(started, "tokenize", { value: card, ...request }, { payload: support });
    expect(asSupport).toEqual(refused(403, "ACCESS_DENIED"));
  });

  it.each<[number, string, string, object]>([
    [400, "REQUEST_INVALID", "tokenize", { format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: 1, format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: card, format: "card", field: "a\u0000b" }],
    [400, "REQUEST_INVALID", "tokenize", { token: card, format: "card" }],
    [400, "REQUEST_INVALID", "tokenize", { value: card, format: "card", surprise: 1 }],
    [400, "REQUEST_INVALID", "detokenize-batch", { items: {} }],
    [400, "FORMAT_UNKNOWN", "tokenize", { value: card, format: "none" }],
    [400, "SUBJECT_MISSING", "tokenize", { value: "1980-02-29", format: "born" }],
    [404, "TOKEN_UNKNOWN", "detokenize", { token: "4111111111111111", format: "bin" }],
    [422, "VALUE_CHECKSUM_INVALID", "tokenize", { value: "4111 1111 1111 1112", format: "card" }],
    [422, "TOKEN_INVALID", "detokenize", { token: card, format: "card" }],
    [422, "KEY_VERSION_UNKNOWN", "tokenize", { value: card, format: "card", version: "9" }],
  ])("are refused with %i %s and nothing from the request: %s %#", async (status, code, route, body) => {
    const answer = await post(await start(), route, body);
    expect(answer).toEqual(refused(status, code));
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.text).not.toMatch(/4111|1980/);
  });

  it("tell of revoked and erased ones, and of another subject's", async () => {
    const started = await start();
    const theirs = { format: "bin", subject: "customer-42" };
    const { json } = await post(started, "tokenize", { value: card, ...theirs });
    expect(await post(started, "tokenize", { value: card, format: "bin" })).toEqual(
      refused(409, "TOKEN_OTHER_SUBJECT"),
    );
    await started.vault.eraseSubject("customer-42", { tenant: "t-1" });
    expect(await post(started, "detokenize", { token: json.token, format: "bin" })).toEqual(
      refused(410, "SUBJECT_ERASED"),
    );
  });
});

describe("a batch of tokens", () => {
  it("answers each item by itself, in order: a bad one fails alone", async () => {
    const started = await start();
    const items = [
      { value: card, format: "card" },
      { value: "4111 1111 1111 1112", format: "card" },
      { value: card, format: "bin" },
      { value: card, format: "none" },
      "no item",
      { value: "5555555555554444", format: "card", version: "2" },
    ];
    const made = await post(started, "tokenize-batch", { items });
    const error = (code: string): object => ({ error: { code, retryable: false } });
    expect(made).toMatchObject({ status: 200 });
    expect(made.json.results).toEqual([
      { token: expect.stringMatching(/ 1111$/), version: "1" },
      error("VALUE_CHECKSUM_INVALID"),
      { token: expect.stringMatching(/ 1111$/), version: "vault" },
      error("FORMAT_UNKNOWN"),
      error("REQUEST_INVALID"),
      { token: expect.stringMatching(/4444$/), version: "2" },
    ]);
    const [first, , third] = made.json.results;
    const tokens = [
      { ...first, format: "card" },
      { token: "4111111111111111", format: "bin" },
      { ...third, format: "bin" },
    ];
    const opened = await post(started, "detokenize-batch", { items: tokens });
    expect(opened.json.results).toEqual([{ value: card }, error("TOKEN_UNKNOWN"), { value: card }]);
  });

  it("is bounded by maxBatchItems", async () => {
    const started = await start({ tokenLimits: { maxBatchItems: 3 } });
    const items = (length: number) => ({ items: Array.from({ length }, () => ({ value: card, format: "card" })) });
    expect((await post(started, "tokenize-batch", items(3))).json.results).toHaveLength(3);
    expect(await post(started, "tokenize-batch", items(4))).toEqual(refused(413, "BATCH_TOO_LARGE"));
    expect(() =>
      createTokenService({ keys, formats: {}, access: allOf({}), tokenLimits: { maxBatchItems: 2001 } }),
    ).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("gives nothing at all where the audit sink does not accept it", async () => {
    const sink = { append: () => Promise.reject(new Error("disk full")) };
    const started = await start({}, { trail: createAuditTrail({ sink }) });
    const items = [{ value: card, format: "card" }];
    expect(await post(started, "tokenize-batch", { items })).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
    expect(await post(started, "tokenize", items[0])).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
  });
});
