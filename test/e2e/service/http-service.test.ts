import { appendFileSync, readFileSync } from "node:fs";
import { createAuditTrail, verifyAuditFile } from "@fieldseal/decrypt/audit";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { canaries, customer, sealed } from "../../fixtures/shop.ts";
import { context, options, post, refused, shop, start } from "./decrypt-service.ts";

describe("the service", () => {
  it("is ready while KMS answers and the trail accepts", async () => {
    const given = options();
    const { url } = await start(given);
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${url}/ready`);
      return { status: response.status, ...((await response.json()) as object) };
    };
    expect(await ready()).toEqual({ status: 200, checks: { kms: "ok", audit: "ok", keys: "ok" } });
    shop.kms.faults.set({ serverError: { probability: 1 } });
    expect(await ready()).toMatchObject({ status: 503, code: "NOT_READY", checks: { kms: "failed", audit: "ok" } });
    shop.kms.faults.clear();
    appendFileSync(given.file, "another hand\n");
    expect(await ready()).toMatchObject({ status: 503, checks: { kms: "ok", audit: "failed" } });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it("returns nothing that the trail has not accepted, and says when to come again", async () => {
    const sink = { append: () => Promise.reject(new Error("disk full")) };
    const service = await start(options({ trail: createAuditTrail({ sink }) }));
    const answer = await post(service);
    expect(answer).toEqual(refused(503, "AUDIT_UNAVAILABLE"));
    expect(answer.text).toContain('"retryable":true');
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  it("ends at each principal's rate, and alerts", async () => {
    const alerts: string[] = [];
    const onAlert = ({ principal }: { readonly principal: string }): void => void alerts.push(principal);
    const service = await start(options({ rateLimit: { burst: 3, perSecond: 0, onAlert }, onDenied: "mask" }));
    const { status, text } = await post(service);
    expect(status).toBe(200);
    expect(text).not.toContain("fs1.");
    expect(await post(service)).toEqual(refused(429, "RATE_LIMITED"));
    expect(alerts).toEqual(["role:support"]);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^fieldseal_failures_total\{code="RATE_LIMITED"\} [1-9]/m);
  });

  it("passes on that KMS cannot be reached as retryable", async () => {
    shop.kms.faults.set({ throttling: { probability: 1 } });
    expect(await post(await start())).toEqual(refused(503, "KMS_UNAVAILABLE"));
  });

  it("shows in metrics and readiness that a Region is not asked, and says when it will be", async () => {
    let time = 0;
    const keys = kmsKeys({
      client: shop.client,
      breaker: { maxFailures: 1, openFor: 4500 },
      now: () => time,
      keys: { "pii-1": { kms: shop.pii, alg: "RSA-OAEP-256" } },
    });
    const service = await start(options({ keys }));
    const shown = async (): Promise<unknown> => {
      const [metrics, ready] = await Promise.all(["/metrics", "/ready"].map((path) => fetch(service.url + path)));
      const { checks } = (await ready!.json()) as { readonly checks: object };
      const [, state] = /fieldseal_key_circuit{kid="pii-1",region="[a-z0-9-]+",state="([a-z-]+)"} 1/.exec(
        await metrics!.text(),
      )!;
      return { state, status: ready!.status, ...checks };
    };
    expect(await shown()).toEqual({ state: "closed", status: 200, kms: "ok", audit: "ok", keys: "ok" });
    shop.kms.faults.set({ serverError: { operations: ["Decrypt"] } });
    expect(await post(service)).toEqual(refused(503, "KMS_UNAVAILABLE"));
    shop.kms.faults.clear();
    const calls = shop.kms.calls.Decrypt;
    const answer = await post(service);
    expect([answer.status, answer.headers.get("retry-after"), shop.kms.calls.Decrypt]).toEqual([503, "5", calls]);
    expect(await shown()).toEqual({ state: "open", status: 503, kms: "ok", audit: "ok", keys: "failed" });
    time = 4500;
    expect(await shown()).toMatchObject({ state: "half-open", status: 200 });
    expect((await post(service)).status).toBe(200);
    expect(await shown()).toMatchObject({ state: "closed", status: 200 });
  });

  it("describes itself in valid OpenAPI 3.1", async () => {
    const { url } = await start();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const validator = new Validator();
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const response = await fetch(url + path, { method: method.toUpperCase() });
        expect([200, 401]).toContain(response.status);
        await response.text();
      }
    }
  });

  it("counts in Prometheus' format by route, status, outcome and code, and by nothing else", async () => {
    const service = await start();
    await post(service);
    await post(service, { body: "{" });
    await post(service, { path: "/v1/other-path" });
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain('fieldseal_requests_total{route="/v1/decrypt",status="200"} 1');
    expect(text).toContain('fieldseal_requests_total{route="/v1/decrypt",status="400"} 1');
    expect(text).toContain('fieldseal_requests_total{route="other",status="404"} 1');
    expect(text).toContain('fieldseal_fields_total{outcome="opened"} 1');
    expect(text).toContain('fieldseal_fields_total{outcome="denied"} 1');
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label));
    // `kid`, `region` and `state` tell of the ways to the keys.
    const expected = ["code", "kid", "le", "operation", "outcome", "region", "route", "state", "status"];
    expect([...labels].sort()).toEqual(expected);
  });

  it("shows no value in trail, metrics or refusals", async () => {
    const given = options();
    const service = await start(given);
    const names = JSON.stringify({ [canaries[0]!]: 1, contact: { [canaries[1]!]: "x" } });
    const texts = [(await post(service)).text].slice(1);
    for (const body of [names, `${names}}`, Buffer.from(await sealed(customer, "other")).toString()]) {
      const { status, text } = await post(service, { body });
      if (status !== 200) texts.push(text);
    }
    expect(texts).toHaveLength(2);
    texts.push(await (await fetch(`${service.url}/metrics`)).text(), readFileSync(given.file, "utf8"));
    for (const text of texts) for (const canary of canaries) expect(text).not.toContain(canary);
  });

  it("answers what is under way when it stops, and closes the trail", async () => {
    shop.kms.faults.set({ latency: { ms: 150 } });
    const given = options();
    const service = await start(given);
    const calls = shop.kms.calls.Decrypt ?? 0;
    const underWay = post(service);
    await expect.poll(() => shop.kms.calls.Decrypt ?? 0).toBeGreaterThan(calls);
    await service.close();
    expect((await underWay).status).toBe(200);
    await expect(post(service)).rejects.toThrow();
    expect(await verifyAuditFile(given.file)).toMatchObject({ ok: true, events: 3, writers: [{ closed: true }] });
  });

  it.each([
    ["expect", "CONFIG_INVALID"],
    ["access", "CONFIG_INVALID"],
    ["authenticate", "CONFIG_INVALID"],
  ] as const)("does not start without %s", async (name, code) => {
    await expect(start({ ...options(), [name]: undefined as never })).rejects.toMatchObject({ code });
  });

  it("does not start where no rule binds a key of its context", async () => {
    const access = { rules: [{ principal: "role:support", fields: { ssn: "full" } }] } as const;
    await expect(start({ ...options(), access })).rejects.toMatchObject({ code: "CONTEXT_UNBOUND" });
  });

  it("counts no rule that leaves a key of its context unbound", async () => {
    const bound = { principal: "role:other", context, fields: { ssn: "full" } } as const;
    const access = { rules: [{ principal: "role:support", fields: { ssn: "full" } }, bound] } as const;
    const { text } = await post(await start(options({ access })));
    expect(text).not.toContain(customer.ssn);
  });
});
