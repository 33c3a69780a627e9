import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuditTrail } from "../../packages/decrypt/src/audit/index.ts";
import {
  type BodyResult,
  type BodyToDecrypt,
  createDecryptor,
  type Decryptor,
  FieldsealError,
  type KeyProvider,
  type UnwrappingKey,
} from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, decryptorOf, json, pems, pii, policy, sealed, textOf } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const bodyOf = (text: string, more: Partial<BodyToDecrypt> = {}): BodyToDecrypt => ({
  bytes: bytesOf(text),
  mediaType: json,
  expect: policy,
  ...more,
});
const ssn = { kid: "pii-1", field: "ssn" };
const envelopeOf = (value: string): string => sealUnder(wrapRsa(pii.publicKey), value, ssn);
const planted = (): string =>
  sealUnder({ ...wrapRsa(pii.publicKey), wrapped: crypto.getRandomValues(new Uint8Array(256)) }, "1", ssn);

/** The PEM ring, with its calls counted and, where asked, answered otherwise. */
function counting(instead?: (wrapped: Uint8Array) => Promise<Uint8Array | null>): {
  readonly keys: KeyProvider;
  calls: number;
  mostAtOnce: number;
} {
  let running = 0;
  const ring = {
    calls: 0,
    mostAtOnce: 0,
    keys: {
      find: (kid: string): UnwrappingKey | undefined => {
        const key = pems.find(kid);
        if (key === undefined) return undefined;
        return {
          ...key,
          unwrap: async (wrapped, signal) => {
            ring.calls++;
            ring.mostAtOnce = Math.max(ring.mostAtOnce, ++running);
            await new Promise((turn) => setImmediate(turn));
            running--;
            return await (instead?.(wrapped) ?? key.unwrap(wrapped, signal));
          },
        };
      },
    },
  };
  return ring;
}

const shown = (result: BodyResult): string => ("bytes" in result ? textOf(result.bytes) : result.error.code);

describe("a batch", () => {
  it("hands the events of its records to the trail in order, and waits for it once", async () => {
    const appended: (readonly string[])[] = [];
    const audit = createAuditTrail({
      sink: {
        append: async (lines) => {
          appended.push(lines);
          await new Promise((turn) => setImmediate(turn));
        },
      },
    });
    const envelope = envelopeOf('"x"');
    const bodies = Array.from({ length: 100 }, (_, i) =>
      bodyOf(`{"ssn":"${i === 50 ? envelope.replace(".ssn.", ".card-number.") : envelope}"}`),
    );
    const results = await decryptorOf({ audit }).decryptBodies(bodies);
    expect(results.filter((one) => "bytes" in one)).toHaveLength(99);
    const events = appended.flat().map((line) => JSON.parse(line) as { event?: { outcome: string } });
    expect(events.flatMap(({ event }) => event?.outcome ?? [])).toEqual(
      Array.from({ length: 100 }, (_, i) => (i === 50 ? "failed" : "opened")),
    );
    expect(appended.length).toBeLessThan(4);
  });

  it("counts each of its records as a use of their data key", async () => {
    const ring = counting();
    const decryptor = createDecryptor({ keys: ring.keys, cache: { maxUses: 5 } });
    const text = await sealed('{"ssn":"1"}');
    const open = (count: number): Promise<BodyResult[]> => {
      return decryptor.decryptBodies(Array.from({ length: count }, () => bodyOf(text)));
    };
    const calls: number[] = [];
    for (const count of [2, 2, 1, 5, 1]) {
      await open(count);
      calls.push(ring.calls);
    }
    expect(calls).toEqual([1, 1, 1, 2, 3]);
  });

  it("opens in order, each record alone, with one unwrap for each distinct data key", async () => {
    const ring = counting();
    const shared = wrapRsa(pii.publicKey);
    const texts = [0, 1, 2].map((n) => `{"ssn":${n}}`);
    const same = texts.map((_, n) => `{"ssn":"${sealUnder(shared, String(n), ssn)}"}`);
    const bodies = [...same, '{"ssn":', await sealed('{"ssn":9}'), "{}", `{"note":"${envelopeOf("1")}"}`];
    const results = await createDecryptor({ keys: ring.keys }).decryptBodies(bodies.map((text) => bodyOf(text)));
    expect(results.map(shown)).toEqual([...texts, "BODY_MALFORMED", '{"ssn":9}', "{}", "ENVELOPE_MISPLACED"]);
    expect(ring.calls).toBe(2);
  });

  it("fails for one body alone that comes without a media type, or as anything but bytes", async () => {
    const envelopes = `{"ssn":"${envelopeOf("1")}"}`;
    const others = [envelopes, bytesOf(envelopes).buffer, undefined].map((bytes) => ({ ...bodyOf(""), bytes }));
    const untyped = { ...bodyOf(envelopes), mediaType: undefined };
    const bodies = [untyped, bodyOf(envelopes), ...others] as BodyToDecrypt[];
    const invalid = others.map(() => "CONFIG_INVALID");
    expect((await decryptorOf().decryptBodies(bodies)).map(shown)).toEqual([
      ...["MEDIA_TYPE_MISSING", '{"ssn":1}'],
      ...invalid,
    ]);
  });

  it("says of each value what it was: field, kid, format, binding, place, outcome", async () => {
    const body = `{"ssn":"${envelopeOf('"1"')}"}`;
    const [result] = await decryptorOf().decryptBodies([bodyOf(body)]);
    const report = { field: "ssn", kid: "pii-1", format: "native", binding: "field", offset: 7, nested: false };
    expect(result).toMatchObject({ fields: [{ ...report, outcome: "opened" }] });
  });

  it("returns records whole or refused with a retryable code while the key fails now and then", async () => {
    let asked = 0;
    let failed = 0;
    const ring = counting(async (wrapped) => {
      if (++asked % 3 === 0) {
        failed++;
        throw new FieldsealError("KMS_UNAVAILABLE", "not now", { retryable: true });
      }
      return await pems.find("pii-1")!.unwrap(wrapped, AbortSignal.abort());
    });
    const text = (n: number): string => `{"ssn":${n},"email":"${n}@b.c"}`;
    const decryptor = createDecryptor({ keys: ring.keys, cache: false, onFieldError: "leave" });
    let left = await Promise.all(Array.from({ length: 200 }, async (_, n) => ({ n, body: await sealed(text(n)) })));
    let tries = 0;
    for (; left.length > 0 && tries < 50; tries++) {
      const results = await decryptor.decryptBodies(left.map(({ body }) => bodyOf(body)));
      left = left.filter(({ n }, index) => {
        const result = results[index]!;
        if ("error" in result) expect(result.error).toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
        else expect(textOf(result.bytes)).toBe(text(n));
        return "error" in result;
      });
    }
    expect(left).toEqual([]);
    expect(failed).toBeGreaterThan(50);
    expect(ring.calls).toBe(200 + failed);
  });

  it("asks for so many data keys at a time and no more", async () => {
    const ring = counting();
    const bodies = Array.from({ length: 30 }, (_, n) => bodyOf(`{"ssn":"${envelopeOf(String(n))}"}`));
    await createDecryptor({ keys: ring.keys, maxConcurrentKmsCalls: 4 }).decryptBodies(bodies);
    expect(ring.mostAtOnce).toBe(4);
    expect(ring.calls).toBe(30);
  });
});

describe("many data keys under a private key in memory", () => {
  it("leave the event loop to others while they are unwrapped", async () => {
    const bodies = Array.from({ length: 600 }, (_, n) => bodyOf(`{"ssn":"${envelopeOf(String(n))}"}`));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const results = await decryptorOf().decryptBodies(bodies);
    clearInterval(timer);
    expect(results.every((result) => "bytes" in result)).toBe(true);
    expect(turns).toBeGreaterThan(3);
  });
});

describe("planted envelopes", () => {
  const stuffed = (count: number): string => JSON.stringify(Array.from({ length: count }, () => ({ ssn: planted() })));

  it("in one body cost no call when there are more than a record may hold", async () => {
    const ring = counting();
    const decryptor = createDecryptor({ keys: ring.keys });
    expect(await codeOf(decryptor.decryptBody(bodyOf(stuffed(33))))).toBe("TOO_MANY_DATA_KEYS");
    expect(ring.calls).toBe(0);
    const small = createDecryptor({ keys: ring.keys, maxDataKeysPerRecord: 2 });
    expect(await codeOf(small.decryptBody(bodyOf(stuffed(3))))).toBe("TOO_MANY_DATA_KEYS");
    expect(await codeOf(small.decryptBody(bodyOf(stuffed(2))))).toBe("DECRYPTION_FAILED");
  });

  it("in a batch cost the configured number of calls and fail no neighbour", async () => {
    const ring = counting();
    const decryptor = createDecryptor({ keys: ring.keys, maxKmsCallsPerCall: 50 });
    const good = Array.from({ length: 20 }, (_, n) => `{"ssn":"${envelopeOf(String(n))}"}`);
    const bad = Array.from({ length: 80 }, () => stuffed(32));
    expect(bad.join("").length).toBeGreaterThan(1_000_000);
    const results = await decryptor.decryptBodies([...bad, ...good].map((text) => bodyOf(text)));
    const codes = results.map((one) => ("bytes" in one ? "opened" : one.error.code));
    expect(codes.slice(80)).toEqual(Array(20).fill("opened"));
    expect(new Set(codes.slice(0, 80))).toEqual(new Set(["TOO_MANY_KMS_CALLS"]));
    expect(ring.calls).toBe(20);
    expect(await decryptor.decryptBodies([bodyOf(bad[0]!)])).toMatchObject([{ error: { code: "DECRYPTION_FAILED" } }]);
    expect(ring.calls).toBe(20 + 32);
  });

  it("are charged to the principal that brought them", async () => {
    const alerts: string[] = [];
    const rateLimit = {
      burst: 20,
      perSecond: 0,
      onAlert: ({ principal }: { principal: string }) => alerts.push(principal),
    };
    const decryptor = decryptorOf({ rateLimit, now: () => new Date(0) });
    const attempt = (principal: string, envelope: string): Promise<string | undefined> =>
      codeOf(decryptor.decryptField(envelope, { field: "ssn" }, { principal }));
    const one = planted();
    const found = [
      await attempt("role:a", one),
      await attempt("role:a", one),
      await attempt("role:a", envelopeOf("1")),
    ];
    expect(found.slice(0, 1)).toEqual(["DECRYPTION_FAILED"]);
    for (let i = 0; i < 10; i++) await attempt("role:a", one);
    expect(await attempt("role:a", envelopeOf("1"))).toBe("RATE_LIMITED");
    expect(await attempt("role:b", envelopeOf("1"))).toBeUndefined();
    expect(new Set(alerts)).toEqual(new Set(["role:a"]));
  });
});

describe("a field that does not open", () => {
  const broken = (): string => planted();
  const text = (bad: string): string =>
    `{"ssn":"${bad}","email":"${sealUnder(wrapRsa(pii.publicKey), '"a@b.c"', { ...ssn, field: "email" })}"}`;

  it("fails its record by default, stays with `leave`, and becomes a mark with `mark`", async () => {
    const bad = broken();
    const body = text(bad);
    const [fail, leave, mark] = await decryptorOf().decryptBodies([
      bodyOf(body),
      bodyOf(body, { onFieldError: "leave" }),
      bodyOf(body, { onFieldError: "mark" }),
    ]);
    expect(fail).toMatchObject({ error: { code: "DECRYPTION_FAILED" } });
    expect(shown(leave!)).toBe(`{"ssn":"${bad}","email":"a@b.c"}`);
    expect(shown(mark!)).toBe('{"ssn":"[DECRYPTION_FAILED]","email":"a@b.c"}');
    expect(leave).toMatchObject({ fields: [{ outcome: "failed", code: "DECRYPTION_FAILED" }, { outcome: "opened" }] });
  });

  it("under an unknown key or in a wrong place is treated the same", async () => {
    const stray = envelopeOf("1").replace(".pii-1.", ".pii-9.");
    const body = JSON.stringify({ ssn: stray, email: envelopeOf("1") });
    const [result] = await decryptorOf().decryptBodies([bodyOf(body, { onFieldError: "mark" })]);
    expect(shown(result!)).toBe('{"ssn":"[KEY_UNKNOWN]","email":"[ENVELOPE_MISPLACED]"}');
  });
});

describe("pinned data keys", () => {
  const first = wrapRsa(pii.publicKey);
  const second = wrapRsa(pii.publicKey);
  const digest = createHash("sha256").update(first.wrapped).digest("base64url");
  const of = (...keys: (typeof first)[]): string =>
    JSON.stringify(keys.map((key) => ({ ssn: sealUnder(key, "1", ssn) })));
  const open = (body: string, pins: Partial<BodyToDecrypt>): Promise<string | undefined> =>
    codeOf(decryptorOf().decryptBody(bodyOf(body, pins)));

  it("let in the record's own and refuse another's, before any call", async () => {
    expect(await open(of(first, first), { expectDataKeys: { "pii-1": digest } })).toBeUndefined();
    expect(await open(of(first, second), { expectDataKeys: { "pii-1": digest } })).toBe("DATA_KEY_UNEXPECTED");
    expect(await open(of(second), { expectDataKeys: { "pii-1": [digest] } })).toBe("DATA_KEY_UNEXPECTED");
    expect(await open(of(first), { expectDataKeys: { "pci-1": digest } })).toBe("DATA_KEY_UNEXPECTED");
    expect(await open(of(first), { expectDataKeys: {} })).toBe("DATA_KEY_UNEXPECTED");
  });

  it("must be one for each key where they must be the same", async () => {
    expect(await open(of(first, first), { sameDataKey: true })).toBeUndefined();
    expect(await open(of(first, second), { sameDataKey: true })).toBe("DATA_KEY_UNEXPECTED");
    expect(await open(await sealed('{"ssn":1,"email":2,"card":3}'), { sameDataKey: true })).toBeUndefined();
  });
});

describe("an opened value that holds an envelope", () => {
  it.each([
    ["spelled out", (inner: string) => JSON.stringify(inner)],
    ["behind escapes", (inner: string) => `"\\u0066${inner.slice(1)}"`],
  ])("is written as it is, never opened, and marked: %s", async (_, spell) => {
    const inner = envelopeOf('"secret"');
    const body = `{"ssn":"${sealUnder(wrapRsa(pii.publicKey), spell(inner), ssn)}"}`;
    const events: unknown[] = [];
    const decryptor = decryptorOf({ audit: { accept: (all) => void events.push(...all) } });
    const [result] = await decryptor.decryptBodies([bodyOf(body)]);
    expect(result).toMatchObject({ fields: [{ nested: true, outcome: "opened" }] });
    expect(shown(result!)).toBe(`{"ssn":${spell(inner)}}`);
    expect(events).toMatchObject([{ nested: true }]);
  });
});

describe("a closed decryptor", () => {
  it("opens nothing", async () => {
    const decryptor = decryptorOf();
    await decryptor.close();
    expect(await codeOf(decryptor.decryptField(envelopeOf("1"), { field: "ssn" }))).toBe("DECRYPTOR_CLOSED");
  });

  it("takes no record of a call under way for one that does not open, whatever its keys had answered", async () => {
    let asked = 0;
    const { keys } = counting(async () => {
      if (++asked === 2) await decryptor.close();
      return null;
    });
    const decryptor: Decryptor = decryptorOf({ keys, onFieldError: "leave" });
    const bodies = [1, 2].map((n) => bodyOf(`{"ssn":"${envelopeOf(String(n))}"}`));
    expect(await decryptor.decryptBodies(bodies)).toEqual([
      { error: expect.objectContaining({ code: "DECRYPTOR_CLOSED", retryable: true }) },
      { error: expect.objectContaining({ code: "KMS_UNAVAILABLE", retryable: true }) },
    ]);
  });

  it.each(["fail", "leave", "mark"] as const)("opens nothing more of a batch that is under way: %s", async (mode) => {
    const outcomes: string[] = [];
    const decryptor: Decryptor = decryptorOf({
      onFieldError: mode,
      audit: {
        accept: async (events) => {
          outcomes.push(...events.map(({ outcome, code }) => code ?? outcome));
          await decryptor.close();
        },
      },
    });
    const shared = wrapRsa(pii.publicKey);
    const bodies = [1, 2].map((n) => bodyOf(`{"ssn":"${sealUnder(shared, String(n), ssn)}"}`));
    expect((await decryptor.decryptBodies(bodies)).map(shown)).toEqual(['{"ssn":1}', "DECRYPTOR_CLOSED"]);
    expect(outcomes).toEqual(["opened", "DECRYPTOR_CLOSED"]);
  });
});
