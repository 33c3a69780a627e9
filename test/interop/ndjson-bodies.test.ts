// Bodies of NDJSON: each line is a record as to how many data keys it may hold; the body is opened, or refused, as one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BodyToDecrypt,
  createDecryptor,
  type DecryptorOptions,
  type KeyProvider,
} from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, json, pems, pii, policy, textOf } from "./fixtures.ts";
import { sealUnder, type Wrapped, wrapRsa } from "./seal-native.ts";

const ssn = { kid: "pii-1", field: "ssn" };
const keys = Array.from({ length: 40 }, () => wrapRsa(pii.publicKey));
const sealed = (value: string, key: Wrapped): string => sealUnder(key, JSON.stringify(value), ssn);
const planted = (): Wrapped => ({ dataKey: keys[0]!.dataKey, wrapped: crypto.getRandomValues(new Uint8Array(256)) });
const body = (lines: readonly string[], more: Partial<BodyToDecrypt> = {}): BodyToDecrypt => ({
  bytes: bytesOf(lines.join("\n")),
  mediaType: "application/x-ndjson",
  expect: policy,
  ...more,
});

/** A decryptor over the PEM ring whose calls are counted. */
function counting(options: Partial<DecryptorOptions> = {}) {
  const counts = { calls: 0 };
  const ring: KeyProvider = {
    find: (kid) => {
      const key = pems.find(kid);
      if (key === undefined) return undefined;
      const unwrap: typeof key.unwrap = (...given) => {
        counts.calls++;
        return key.unwrap(...given);
      };
      return { ...key, unwrap };
    },
  };
  return Object.assign(createDecryptor({ keys: ring, ...options }), { counts });
}

const oneKeyALine = (count: number): string[] =>
  keys.slice(0, count).map((key, n) => `{"n":${n},"ssn":"${sealed(`s${n}`, key)}"}`);

describe("a body of NDJSON", () => {
  it.each(["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"])(
    "opens 40 lines that were sealed one by one, with one call for each data key: %s",
    async (mediaType) => {
      const decryptor = counting();
      const text = [...oneKeyALine(40), ...oneKeyALine(40)].join("\n");
      const [result] = await decryptor.decryptBodies([body([text], { mediaType })]);
      expect(result).toHaveProperty("bytes");
      const { bytes, fields } = result as Extract<typeof result, { bytes: unknown }>;
      const opened = keys.map((_, n) => `{"n":${n},"ssn":"s${n}"}`);
      expect(textOf(bytes)).toBe([...opened, ...opened].join("\n"));
      expect(decryptor.counts.calls).toBe(40);
      const places = [...text.matchAll(/"fs1/g)].map(({ index }) => index);
      expect(fields.map(({ offset }) => offset)).toEqual(places);
    },
  );

  it("is refused, whole and before any call, where one line has more data keys than a record may hold", async () => {
    const many = (count: number): string =>
      JSON.stringify(keys.slice(0, count).map((key) => ({ ssn: sealed("1", key) })));
    const decryptor = counting();
    const lines = (count: number): BodyToDecrypt => body(['{"a":1}', "", many(count), ...oneKeyALine(2)]);
    const [refused, neighbour] = await decryptor.decryptBodies([lines(33), body(oneKeyALine(1))]);
    expect(refused).toMatchObject({ error: { code: "TOO_MANY_DATA_KEYS" } });
    expect(neighbour).toHaveProperty("bytes");
    expect(decryptor.counts.calls).toBe(1);
    expect(await codeOf(decryptor.decryptBody(lines(32)))).toBeUndefined();
    expect(await codeOf(counting({ maxDataKeysPerRecord: 2 }).decryptBody(lines(3)))).toBe("TOO_MANY_DATA_KEYS");
    // The same values are too many for a body that is one record.
    expect(await codeOf(decryptor.decryptBody(body([many(33)], { mediaType: json })))).toBe("TOO_MANY_DATA_KEYS");
  });

  it("is refused whole where a line is malformed or a value stands in another place", async () => {
    const decryptor = counting();
    expect(await codeOf(decryptor.decryptBody(body([...oneKeyALine(2), "{"])))).toBe("BODY_MALFORMED");
    const moved = `{"note":"${sealed("1", keys[0]!)}"}`;
    expect(await codeOf(decryptor.decryptBody(body([...oneKeyALine(2), moved])))).toBe("ENVELOPE_MISPLACED");
    expect(decryptor.counts.calls).toBe(0);
  });

  it("must have one data key for each kid in all its lines where `sameDataKey` says so", async () => {
    const decryptor = counting();
    expect(await codeOf(decryptor.decryptBody(body(oneKeyALine(2), { sameDataKey: true })))).toBe(
      "DATA_KEY_UNEXPECTED",
    );
  });

  it("comes back byte for byte: ends of lines, blank lines, a byte order mark, and what was not sealed", async () => {
    const decryptor = counting();
    const line = fc.oneof(
      fc.record({ value: fc.string(), key: fc.nat(39) }).map(({ value, key }) => ({
        before: `{ "n" : 1.0, "ssn":"${sealed(value, keys[key]!)}" , "ssn" :2e1}`,
        after: `{ "n" : 1.0, "ssn":${JSON.stringify(value)} , "ssn" :2e1}`,
      })),
      fc
        .constantFrom("", " ", "\t ", "null", '"\\u00e9"', '{"a" :1,"a":2}')
        .map((text) => ({ before: text, after: text })),
    );
    const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), lines, fc.option(line), async (hasMark, all, last) => {
        const spell = (which: "before" | "after"): string =>
          (hasMark ? "\ufeff" : "") + all.map(([one, end]) => one[which] + end).join("") + (last?.[which] ?? "");
        const opened = await decryptor.decryptBody(body([spell("before")]));
        expect(Buffer.from(opened).equals(Buffer.from(spell("after")))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a megabyte of lines with planted envelopes", () => {
  const hostile = Array.from({ length: 2500 }, () => `{"ssn":"${sealed("1", planted())}"}`);

  it("costs no call where they are more than a call may ask for, and fails no neighbour", async () => {
    expect(hostile.join("\n").length).toBeGreaterThan(1_000_000);
    const decryptor = counting();
    const csv = (lines: readonly string[]): BodyToDecrypt => ({
      bytes: bytesOf(["ssn", ...lines.map((line) => line.slice(8, -2))].join("\n")),
      mediaType: "text/csv",
      expect: { ssn: "$.ssn" },
    });
    const results = await decryptor.decryptBodies([body(hostile), csv(hostile), body(oneKeyALine(40))]);
    const codes = results.map((result) => ("error" in result ? result.error.code : "opened"));
    expect(codes).toEqual(["TOO_MANY_KMS_CALLS", "TOO_MANY_KMS_CALLS", "opened"]);
    expect(decryptor.counts.calls).toBe(40);
  });

  it("costs at most the configured number of calls", async () => {
    const decryptor = counting({ maxKmsCallsPerCall: 100 });
    const pieces = Array.from({ length: 25 }, (_, n) => body(hostile.slice(n * 100, n * 100 + 90)));
    const results = await decryptor.decryptBodies(pieces);
    expect(decryptor.counts.calls).toBe(90);
    const codes = results.map((result) => ("error" in result ? result.error.code : "opened"));
    expect(codes).toEqual(["DECRYPTION_FAILED", ...Array(24).fill("TOO_MANY_KMS_CALLS")]);
  });
});
