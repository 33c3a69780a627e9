import { createHash, generateKeyPairSync } from "node:crypto";
import { parseEnvelope } from "@fieldseal/core/envelope";
import type { EncryptAction } from "@fieldseal/core/policy";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../policy.ts";
import { createRequestSealer, type PlannedEnvelope, type RequestSealer } from "./request-sealer.ts";

const pem = (): string => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return publicKey.export({ type: "spki", format: "pem" }) as string;
};
const keys = { a: { alg: "RSA-OAEP-256", publicKey: pem() }, b: { alg: "RSA-OAEP-256", publicKey: pem() } };
const fields = ["a", "a", "b"].map((key, i) => ({ name: `f${i}`, select: `$.f${i}`, action: "encrypt", key }));
const rules = parsePolicy({ version: 1, id: "t", keys, routes: [{ path: "/", fields }] }).routes[0]!.fields;

const value = new TextEncoder().encode("078-05-1120");
const noContext = new Uint8Array(2);
const newSealer = (): RequestSealer =>
  createRequestSealer({ context: noContext, boundTo: () => noContext, now: () => 0 });

function plan(sealer: RequestSealer, index: number): PlannedEnvelope {
  const { name, action } = rules[index]!;
  return sealer.plan({ field: name, action: action as EncryptAction, kind: "json" }, value.length);
}

function sealed(envelope: PlannedEnvelope): ReturnType<typeof parseEnvelope> {
  const out = new Uint8Array(envelope.length);
  expect(envelope.write(value, 0, value.length, out, 0)).toBe(out.length);
  return parseEnvelope(out);
}

describe("the keys of a request", () => {
  it("are one for each key of the ring, whatever is sealed with it, and every value has an iv of its own", () => {
    const sealer = newSealer();
    const plans = [0, 0, 1, 2].map((index) => plan(sealer, index));
    expect(sealer.dataKeys().size).toBe(0);
    const envelopes = plans.reverse().map(sealed);
    expect(new Set(envelopes.map(({ iv }) => Buffer.from(iv).toString("hex"))).size).toBe(4);
    expect(new Set(envelopes.map(({ wrapped }) => Buffer.from(wrapped).toString("hex"))).size).toBe(2);
    for (const { kid, wrapped } of envelopes) {
      expect(sealer.dataKeys().get(kid)).toEqual([createHash("sha256").update(wrapped).digest("base64url")]);
    }
  });

  it("are never shared with another request", () => {
    const wrapped = [0, 1].map(() => Buffer.from(sealed(plan(newSealer(), 0)).wrapped).toString("hex"));
    expect(wrapped[0]).not.toBe(wrapped[1]);
  });

  it("are not enough for an envelope that is written twice: its iv would be used twice", () => {
    const envelope = plan(newSealer(), 0);
    sealed(envelope);
    expect(() => sealed(envelope)).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
  });

  it("are for no envelope that is planned once sealing has begun: its iv would not be of the same draw", () => {
    const sealer = newSealer();
    sealed(plan(sealer, 0));
    expect(() => plan(sealer, 0)).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
  });
});
