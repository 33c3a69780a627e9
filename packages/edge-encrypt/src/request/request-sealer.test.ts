import { generateKeyPairSync } from "node:crypto";
import { parseEnvelope } from "@fieldseal/core/envelope";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../policy.ts";
import { createRequestSealer, type RuleSealer } from "./request-sealer.ts";

const pem = (): string => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return publicKey.export({ type: "spki", format: "pem" }) as string;
};
const keys = { a: { alg: "RSA-OAEP-256", publicKey: pem() }, b: { alg: "RSA-OAEP-256", publicKey: pem() } };
const fields = ["a", "a", "b"].map((key, i) => ({ name: `f${i}`, select: `$.f${i}`, action: "encrypt", key }));
const [one, two, other] = parsePolicy({ version: 1, id: "t", keys, routes: [{ path: "/", fields }] }).routes[0]!.fields;

const value = new TextEncoder().encode("078-05-1120");

function sealed(sealer: RuleSealer, iv: number): ReturnType<typeof parseEnvelope> {
  const out = new Uint8Array(sealer.length(value.length));
  expect(sealer.seal(iv, value, 0, value.length, out, 0)).toBe(out.length);
  return parseEnvelope(out);
}

describe("the keys of a request", () => {
  it("are one for each key of the ring, whatever is sealed with it, and every value has an iv of its own", () => {
    const sealer = createRequestSealer(new Uint8Array(2));
    const [first, second, third] = [
      sealer.fieldSealer(one!, "json"),
      sealer.fieldSealer(two!, "form"),
      sealer.fieldSealer(other!, "text"),
    ];
    expect(sealer.wrappedKeys().size).toBe(0);
    const ivs = [first.reserve(), first.reserve(), second.reserve(), third.reserve()] as const;
    const envelopes = [sealed(third, ivs[3]), sealed(first, ivs[0]), sealed(first, ivs[1]), sealed(second, ivs[2])];
    expect(new Set(envelopes.map(({ iv }) => Buffer.from(iv).toString("hex"))).size).toBe(4);
    const wrapped = envelopes.map(({ kid, wrapped }) => [kid, Buffer.from(wrapped).toString("hex")]);
    expect(new Set(wrapped.map(([, hex]) => hex)).size).toBe(2);
    for (const [kid, hex] of wrapped) {
      expect(
        sealer
          .wrappedKeys()
          .get(kid!)!
          .map((bytes) => Buffer.from(bytes).toString("hex")),
      ).toEqual([hex]);
    }
  });

  it("are never shared with another request", () => {
    const wrapped = [0, 1].map(() => {
      const sealer = createRequestSealer(new Uint8Array(2)).fieldSealer(one!, "json");
      return Buffer.from(sealed(sealer, sealer.reserve()).wrapped).toString("hex");
    });
    expect(wrapped[0]).not.toBe(wrapped[1]);
  });

  it("give no iv once sealing has begun: it would not be of the same draw", () => {
    const sealer = createRequestSealer(new Uint8Array(2)).fieldSealer(one!, "json");
    sealed(sealer, sealer.reserve());
    expect(() => sealer.reserve()).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
  });
});
