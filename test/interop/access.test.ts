import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { AuditEvent, DecryptorOptions, Who } from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, decryptorOf, json, policy, sealed, textOf } from "./fixtures.ts";

const text = '{"ssn":"123-45-6789","email":"a@b.c","card":"4111111111111111"}';
const access: DecryptorOptions["access"] = {
  rules: [
    { principal: "role:admin", fields: { "*": "full" } },
    { principal: "role:support", purpose: "refund", fields: { card: { mask: 4 }, email: "full", "*": "none" } },
  ],
};
const context = { tenant: "acme" };

const seen = async (who: Who, options: Partial<DecryptorOptions> = {}): Promise<Record<string, string>> => {
  const body = await sealed(text);
  const opened = await decryptorOf({ access, ...options }).decryptBody(
    { bytes: bytesOf(body), mediaType: json, expect: policy },
    who,
  );
  const fields = Object.entries(JSON.parse(textOf(opened)) as Record<string, string>);
  return Object.fromEntries(fields.map(([name, value]) => [name, value.startsWith("fs1.") ? "sealed" : value]));
};

describe("what a principal sees", () => {
  it("is everything, a part or nothing, as the rules say for its purpose", async () => {
    expect(await seen({ principal: "role:admin" })).toEqual(JSON.parse(text));
    expect(await seen({ principal: "role:support", purpose: "refund" })).toEqual({
      ssn: "sealed",
      email: "a@b.c",
      card: "****1111",
    });
    const nothing = { ssn: "sealed", email: "sealed", card: "sealed" };
    expect(await seen({ principal: "role:support", purpose: "other" })).toEqual(nothing);
    expect(await seen({ principal: "role:other" })).toEqual(nothing);
    expect(await seen({})).toEqual(nothing);
  });

  it("is stars in the place of denied fields, where asked", async () => {
    const masked = { ssn: "****", email: "****", card: "****" };
    expect(await seen({ principal: "role:other" }, { onDenied: "mask" })).toEqual(masked);
  });

  it("is ACCESS_DENIED where one denied field is asked for", async () => {
    const { ssn } = JSON.parse(await sealed(text)) as { ssn: string };
    const attempt = decryptorOf({ access }).decryptField(ssn, { field: "ssn" }, { principal: "role:support" });
    expect(await codeOf(attempt)).toBe("ACCESS_DENIED");
  });

  it("follows the claims that the context is bound to", async () => {
    const bound: DecryptorOptions["access"] = {
      rules: [{ principal: "role:app", context: { tenant: { claim: "tenant" } }, fields: { "*": "full" } }],
    };
    const { ssn } = JSON.parse(await sealed(text, { context })) as { ssn: string };
    const open = (claims: Record<string, unknown>, more: Record<string, string> = {}): Promise<string | undefined> =>
      codeOf(
        decryptorOf({ access: bound, requireBoundContext: true }).decryptField(
          ssn,
          { field: "ssn", context: { ...context, ...more } },
          { principal: "role:app", claims },
        ),
      );
    expect(await open({ tenant: "acme" })).toBeUndefined();
    expect(await open({ tenant: "evil" })).toBe("ACCESS_DENIED");
    expect(await open({})).toBe("ACCESS_DENIED");
    expect(await open({ tenant: "acme" }, { app: "shop" })).toBe("CONTEXT_UNBOUND");
  });

  it("ends at the principal's rate, and begins again with time", async () => {
    let time = 0;
    const { ssn } = JSON.parse(await sealed(text)) as { ssn: string };
    const decryptor = decryptorOf({ rateLimit: { burst: 2, perSecond: 1 }, now: () => new Date(time) });
    const open = (principal: string): Promise<string | undefined> =>
      codeOf(decryptor.decryptField(ssn, { field: "ssn" }, { principal }));
    expect([await open("a"), await open("a"), await open("a")]).toEqual([undefined, undefined, "RATE_LIMITED"]);
    expect(await open("b")).toBeUndefined();
    time += 1000;
    expect([await open("a"), await open("a")]).toEqual([undefined, "RATE_LIMITED"]);
  });
});

describe("the audit trail", () => {
  it("has one event for each field: who, what for, which, how it ended; and comes before the plaintext", async () => {
    const events: AuditEvent[] = [];
    const now = (): Date => new Date(1_700_000_000_000);
    const who = { principal: "role:support", purpose: "refund", requestId: "r-1" };
    await seen(who, { audit: { accept: (all) => void events.push(...all) }, now });
    const shared = { ...who, time: "2023-11-14T22:13:20.000Z", format: "native", binding: "field" };
    expect(events).toMatchObject([
      { ...shared, field: "ssn", kid: "pii-1", outcome: "denied" },
      { ...shared, field: "email", kid: "pii-1", outcome: "opened" },
      { ...shared, field: "card", kid: "pci-1", outcome: "masked" },
    ]);
    for (const { envelope } of events) expect(envelope).toMatch(/^[\w-]{43}$/);
  });

  it("says of failures the code, of misplaced ones too", async () => {
    const events: AuditEvent[] = [];
    const decryptor = decryptorOf({ audit: { accept: (all) => void events.push(...all) } });
    const { ssn } = JSON.parse(await sealed(text, { context })) as { ssn: string };
    await codeOf(decryptor.decryptField(ssn, { field: "ssn" }));
    await codeOf(decryptor.decryptField(ssn, { field: "email", context }));
    expect(events.map(({ outcome, code }) => [outcome, code])).toEqual([
      ["failed", "DECRYPTION_FAILED"],
      ["failed", "ENVELOPE_MISPLACED"],
    ]);
  });

  it("stops everything while it is not accepted", async () => {
    const audit = { accept: () => Promise.reject(new Error("full")) };
    await expect(seen({ principal: "role:admin" }, { audit })).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
      retryable: true,
    });
  });
});

describe("rules", () => {
  it("cost what it costs to go through them once, however many fields they are asked for", async () => {
    const { ssn } = JSON.parse(await sealed(text)) as { ssn: string };
    const rules = Array.from({ length: 10_000 }, (_, index) => {
      return { principal: `role:team-${index}`, fields: { ssn: "full" as const } };
    });
    const decryptor = decryptorOf({ access: { rules } });
    const body = { bytes: bytesOf(JSON.stringify({ ssn: Array(2500).fill(ssn) })), mediaType: json };
    const started = performance.now();
    await decryptor.decryptBody(body, { principal: "role:nobody" });
    await decryptor.decryptBodies(
      Array.from({ length: 1000 }, () => ({ bytes: bytesOf(`["${ssn}"]`), mediaType: json })),
      { principal: "role:nobody" },
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("canaries", () => {
  const canary = "CANARY-7f3a9c";
  const nameCanary = "CANARYNAME51";

  it("are in no error, event or report, from values, names, contexts and claims", async () => {
    const said: unknown[] = [];
    const audit = { accept: (all: readonly AuditEvent[]): void => void said.push(all) };
    const body = await sealed(`{"${nameCanary}":{"ssn":"${canary}"},"card":"${canary}"}`, { context });
    const who = { principal: "role:support", claims: { tenant: canary } };
    const open = async (
      bytes: string,
      given: Record<string, string>,
      options: Partial<DecryptorOptions>,
    ): Promise<void> => {
      const decryptor = decryptorOf({ audit, ...options });
      const body = { bytes: bytesOf(bytes), mediaType: json, context: given, expect: policy };
      const [result] = await decryptor.decryptBodies([body], who);
      said.push("error" in result! ? result.error : result!.fields);
    };
    await open(body, context, {});
    await open(body, { tenant: canary }, {});
    await open(body, { [canary]: "x" }, {});
    await open(body, context, { access });
    await open(body, context, { access: { rules: [] }, requireBoundContext: true });
    await open(body.replaceAll(".ssn.", ".email."), context, {});
    await open(body.slice(0, -2), context, {});
    await open(body.replace(/"card":"[^"]+"/, `"card":"x ${body.match(/fs1\.r\.pci[^"]+/)![0]}"`), context, {});
    await open(body.replace('{"', `{"${canary}":"${body.match(/fs1\.[^"]+/)![0]}","`), context, {});
    expect(said.length).toBeGreaterThan(12);
    const heard = inspect(said, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
    expect(heard).toContain("DECRYPTION_FAILED");
    expect(heard).not.toContain(canary);
    expect(heard).not.toContain(nameCanary);
  });
});
