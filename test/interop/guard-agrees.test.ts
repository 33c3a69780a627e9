// What the edge sends on passes the origin's guard; the client's body under the receipt of the sealed one does not.
import type { CloudFrontRequest, CloudFrontResultResponse } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOriginGuard } from "../../packages/edge-encrypt/src/guard/index.ts";
import { createOriginRequestHandler, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { originRequestEvent } from "../../packages/emulator/src/index.ts";
import { generatedBodies, selectors } from "../generators/bodies.ts";
import { soak } from "../generators/soak.ts";
import { pii } from "./fixtures.ts";

const encrypt = { action: "encrypt", key: "pii-1" } as const;
const actions = [
  encrypt,
  { ...encrypt, pad: 1 },
  { ...encrypt, dataKey: "field" },
  { ...encrypt, format: "jwe" },
  { ...encrypt, format: "direct", onTooLong: "native" },
  { action: "mask", keepLast: 2 },
] as const;

const routes = fc
  .record({
    rules: fc.array(fc.record({ select: selectors, action: fc.constantFrom(...actions) }), {
      minLength: 1,
      maxLength: 3,
    }),
    onNameVariant: fc.constantFrom("refuse", "select", "ignore"),
    onShapeMismatch: fc.constantFrom("refuse", "ignore"),
    places: fc.record({
      query: fc.constantFrom([], [{ name: "email", select: "$.email", ...encrypt }]),
      headers: fc.constantFrom([], [{ name: "phone", header: "x-phone", ...encrypt }]),
      cookies: fc.constantFrom([], [{ name: "sid", cookie: "sid", ...encrypt }]),
    }),
    context: fc.constantFrom({}, { tenant: { header: "x-tenant" }, id: { pathParam: "id" } }),
  })
  .map(({ rules, places, ...settings }) => ({
    path: "/people/{id}",
    ...settings,
    ...places,
    fields: rules.map(({ select, action }, index) => ({
      name: `field-${index}`,
      select,
      ...action,
      ...("format" in action && action.format === "direct" ? { prefix: `#E${index}#`, suffix: `#${index}E#` } : {}),
    })),
  }));

const heads = fc.record({
  querystring: fc.constantFrom("", "email=a%40b.c", "a=1&email=&email=%22", "page=2"),
  headers: fc.constantFrom({}, { "x-phone": "+1 555 0100" }, { cookie: "a=b; sid=x; c" }, { cookie: "sid=1; sid=2" }),
});

describe("the edge and the guard behind it", () => {
  it("agree on what is sealed", async () => {
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(routes, generatedBodies, heads, async (route, [mediaType, text], { querystring, headers }) => {
        const keys = { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } };
        const policy = parsePolicy({ version: 1, id: "p", keys, routes: [route] });
        const guard = createOriginGuard({ policy, log: () => {} });
        const event = originRequestEvent({
          uri: "/people/7",
          querystring,
          headers: { "content-type": mediaType, "x-tenant": "acme", ...headers },
          body: Buffer.from(text, "latin1"),
        });
        const handler = createOriginRequestHandler({ policy, log: () => {} });
        const result = (await handler(event)) as CloudFrontRequest & CloudFrontResultResponse;
        // What the edge refuses is another test's.
        if (result.status !== undefined) return;
        const { action, data = "", encoding } = result.body as unknown as Record<string, string>;
        const sent = {
          method: "POST",
          url: result.querystring === "" ? result.uri : `${result.uri}?${result.querystring}`,
          headers: Object.fromEntries(
            Object.entries(result.headers).map(([name, lines]) => [name, lines.map(({ value }) => value)]),
          ),
          body:
            action === "replace"
              ? Buffer.from(data, encoding === "text" ? "utf8" : "base64")
              : Buffer.from(text, "latin1"),
        };
        expect(guard.check(sent)).not.toBeNull();
        const clear = Buffer.from(text, "latin1");
        const isSealed = route.fields.every((field) => field.action === "encrypt");
        if (!isSealed || sent.body.equals(clear)) return;
        changed++;
        expect(() => guard.check({ ...sent, body: clear })).toThrow(
          expect.objectContaining({ name: "FieldsealError" }),
        );
      }),
      { numRuns: soak(800) },
    );
    expect(changed).toBeGreaterThan(20);
  }, 120_000);
});
