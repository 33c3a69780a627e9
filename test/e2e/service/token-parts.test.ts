import { readFileSync } from "node:fs";
import { verifyAuditFile } from "@fieldseal/decrypt/audit";
import { type CreatePart, decryptPart } from "@fieldseal/decrypt/http";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import type { TokenServiceOptions } from "@fieldseal/tokenizer/service";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, describe, expect, it } from "vitest";
import { customer, places, sealed, startShopKms } from "../../fixtures/shop.ts";
import { allOf, card, claims, context, post, refused, routes, type Started, start } from "./token-service.ts";

const shop = await startShopKms();
afterAll(() => shop.close());

describe("the trail of tokens", () => {
  it("is one hash chain with an event for each value, and shows neither values nor tokens", async () => {
    const started = await start();
    const items = [
      { value: card, format: "card" },
      { value: "4111 1111 1111 1112", format: "card" },
      { value: card, format: "bin" },
    ];
    const { json } = await post(started, "tokenize-batch", { items });
    await post(started, "detokenize", { ...json.results[0], format: "card" });
    const metrics = await (await fetch(`${started.service.url}/metrics`)).text();
    await started.service.close();
    expect(await verifyAuditFile(started.file)).toMatchObject({ ok: true, events: 4 });
    const written = readFileSync(started.file, "utf8");
    const events = written
      .split("\n")
      .filter((line) => line.includes('"outcome"'))
      .map((line) => JSON.parse(line) as { event?: object });
    expect(events).toHaveLength(4);
    expect(written).toContain('"principal":"role:shop"');
    expect(written).toContain('"code":"VALUE_CHECKSUM_INVALID"');
    expect(written.match(/"action":"tokenize"/g)).toHaveLength(3);
    expect(written.match(/"action":"detokenize"/g)).toHaveLength(1);
    for (const text of [card, "1111 1112", json.results[0].token, json.results[2].token]) {
      for (const place of [written, metrics]) expect(place).not.toContain(text);
    }
    expect(metrics).toContain('fieldseal_tokens_total{operation="tokenize",outcome="opened"} 2');
    expect(metrics).toContain('fieldseal_tokens_total{operation="tokenize",outcome="failed"} 1');
    expect(metrics).toContain('fieldseal_tokens_total{operation="detokenize",outcome="opened"} 1');
    expect(metrics).toContain('fieldseal_requests_total{route="/v1/tokenize-batch",status="200"} 1');
  });
});

describe("the service", () => {
  const decrypting = (): CreatePart =>
    decryptPart({
      keys: kmsKeys({ client: shop.client, keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } } }),
      access: { rules: [{ principal: "role:shop", context, fields: { ssn: "full" } }] },
      context,
      expect: places,
    });
  const documentOf = async ({ service }: Started): Promise<{ paths: Record<string, object> }> =>
    (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const always = ["/health", "/ready", "/metrics", "/openapi.json"];
  const decrypts = ["/v1/decrypt", "/v1/decrypt-field", "/v1/decrypt-batch"];

  it.each([
    ["tokens alone", [] as const, [...routes, ...always]],
    ["both parts", [decrypting] as const, [...decrypts, ...routes, ...always]],
  ])("with %s lists each of its routes, and no other, in valid OpenAPI 3.1", async (_, others, expected) => {
    const started = await start(
      {},
      {},
      others.map((create) => create()),
    );
    const document = await documentOf(started);
    expect(Object.keys(document.paths).sort()).toEqual([...expected].sort());
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    for (const route of [...decrypts, ...routes, ...always]) {
      const method = always.includes(route) ? "GET" : "POST";
      const response = await fetch(started.service.url + route, { method });
      expect([route, response.status]).toEqual([
        route,
        expected.includes(route) ? (method === "GET" ? 200 : 401) : 404,
      ]);
      await response.text();
    }
  });

  it("decrypts and tokenizes for one caller, in one trail", async () => {
    const started = await start({}, {}, [decrypting()]);
    const body = Buffer.from(await sealed(customer, "t-1")).toString();
    expect((await post(started, "decrypt", body)).json).toMatchObject({ ssn: customer.ssn });
    expect((await post(started, "tokenize", { value: card, format: "card" })).status).toBe(200);
    await started.service.close();
    expect(await verifyAuditFile(started.file)).toMatchObject({ ok: true });
    const written = readFileSync(started.file, "utf8");
    for (const part of ['"format":"native"', '"format":"token"']) expect(written).toContain(part);
  });

  it("does not start without access rules, with a tenant that no rule binds, with no part, or with one part twice", async () => {
    const fails = (more: Partial<TokenServiceOptions>, code: string): Promise<void> =>
      expect(start(more)).rejects.toMatchObject({ code });
    await fails({ access: undefined as never }, "CONFIG_INVALID");
    const unbound = { rules: [{ principal: "role:shop", fields: { "*": "full" as const } }] };
    await fails({ access: unbound }, "CONTEXT_UNBOUND");
    await fails({ access: { tokenize: allOf({ "*": "full" }), detokenize: unbound } }, "CONTEXT_UNBOUND");
    await expect(start({}, { parts: [] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(start({}, {}, [decrypting(), decrypting()])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("lets a rule that does not bind the tenant count for nobody", async () => {
    const unbound = { principal: "role:shop", fields: { "*": "full" as const } };
    const bound = { principal: "role:other", context, fields: { "*": "full" as const } };
    const started = await start({ access: { rules: [unbound, bound] } });
    const request = { value: card, format: "card" };
    expect(await post(started, "tokenize", request)).toEqual(refused(403, "ACCESS_DENIED"));
    const other = { payload: { ...claims, role: "other" } };
    expect((await post(started, "tokenize", request, other)).status).toBe(200);
  });
});
