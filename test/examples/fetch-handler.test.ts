import { generateKeyPairSync } from "node:crypto";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { definePolicy } from "@fieldseal/edge-encrypt";
import { type Origin, startOrigin } from "@fieldseal/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealingHandler } from "../../examples/fetch-handler.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
const policy = definePolicy({
  version: 1,
  id: "elsewhere",
  keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pem } },
  routes: [
    {
      path: "/v1/customers/{id}",
      context: { tenant: { header: "x-tenant-id" } },
      fields: [{ name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1", required: true }],
    },
  ],
});
const decryptor = createDecryptor({
  keys: pemKeys({ "pii-1": privateKey.export({ format: "pem", type: "pkcs8" }) as string }),
});
const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
const url = "https://edge.example/v1/customers/7?page=1";

let origin: Origin;
let handle: (request: Request) => Promise<Response>;
beforeAll(async () => {
  origin = await startOrigin(() => ({ status: 201 }));
  handle = sealingHandler(policy, origin.url);
});
afterAll(() => origin.close());

describe("fetch-handler", () => {
  it("seals bodies of requests that come at the same time, each its own", async () => {
    const bodies = Array.from({ length: 50 }, (_, id) => JSON.stringify({ id, ssn: `078-05-${1000 + id}` }));
    const answers = await Promise.all(
      bodies.map((body) => handle(new Request(url, { method: "POST", headers, body }))),
    );
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 201));
    const arrived = origin.requests.map(({ body }) => body);
    expect(arrived.filter((body) => Buffer.from(body).includes("078-05"))).toEqual([]);
    const context = { tenant: "acme" };
    const opened = await decryptor.decryptBodies(
      arrived.map((bytes) => ({ bytes, mediaType: "application/json", context, expect: policy })),
    );
    const texts = opened.map((one) => ("bytes" in one ? Buffer.from(one.bytes).toString() : one.error.code));
    expect(texts.sort()).toEqual([...bodies].sort());
  });

  it.each<[string, string, RequestInit]>([
    ["a compressed body", "BODY_NOT_UTF8", { body: Buffer.from([0x1f, 0x8b, 8, 0, 0x80]) }],
    ["another name", "FIELD_NAME_VARIANT", { body: '{"SSN":"1"}' }],
    ["an empty body", "FIELD_REQUIRED_MISSING", {}],
    ["no media type", "MEDIA_TYPE_MISSING", { body: Buffer.from("{}"), headers: { "x-tenant-id": "acme" } }],
    ["no tenant", "CONTEXT_MISSING", { body: '{"ssn":"1"}', headers: { "content-type": "application/json" } }],
  ])("answers %s with its code, and hands nothing on", async (_, code, init) => {
    const before = origin.requests.length;
    const response = await handle(new Request(url, { method: "POST", headers, ...init }));
    expect([response.status, await response.json()]).toEqual([400, { code }]);
    expect(origin.requests).toHaveLength(before);
  });

  it("hands on what no route is for", async () => {
    const response = await handle(new Request("https://edge.example/health"));
    expect(response.status).toBe(201);
  });
});
