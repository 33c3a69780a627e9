// One decryptor while its ring changes, and while its caller's memory is used again: what was kept is never another's.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createDecryptor, type KeyProvider, pemKeys } from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, json, pii, rsaPair, textOf } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const seal = (key: ReturnType<typeof wrapRsa>, value: string): string =>
  sealUnder(key, `"${value}"`, { kid: "pii-1", field: "ssn" });

it("a kid that is taken away, given back, and given to another pair opens what its pair sealed, with a cache and without", async () => {
  const pairs = [pii, rsaPair(2048)];
  const rings = pairs.map(({ privateKey }) => pemKeys({ "pii-1": privateKey }));
  const envelopes = pairs.map(({ publicKey }, pair) => {
    const key = wrapRsa(publicKey);
    return [0, 1].map((n) => seal(key, `${pair}${n}`));
  });
  const step = fc.record({ ring: fc.constantFrom(0, 1, null), pair: fc.nat(1), n: fc.nat(1), wait: fc.nat(200_000) });
  const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, isCached) => {
    let ring: KeyProvider = pemKeys({});
    let time = 1_700_000_000_000;
    const keys: KeyProvider = { find: (kid) => ring.find(kid) };
    const now = (): Date => new Date(time);
    const decryptor = createDecryptor({ keys, now, ...(isCached ? {} : { cache: false }) });
    for (const { ring: at, pair, n, wait } of steps) {
      ring = at === null ? pemKeys({}) : rings[at]!;
      time += wait;
      const body = bytesOf(JSON.stringify({ ssn: envelopes[pair]![n] }));
      const opening = decryptor.decryptBody({ bytes: body, mediaType: json });
      if (at === pair) expect(textOf(await opening)).toBe(`{"ssn":"${pair}${n}"}`);
      else expect(await codeOf(opening)).toBe(at === null ? "KEY_UNKNOWN" : "DECRYPTION_FAILED");
    }
    await decryptor.close();
  });
  await fc.assert(property, { numRuns: 100 });
});

const write: Readonly<Record<string, (a: string, b: string) => string>> = {
  [json]: (a, b) => JSON.stringify({ a, b }),
  "application/x-ndjson": (a, b) => `{"a":"${a}"}\n{"b":"${b}"}\n`,
  "text/csv": (a, b) => `a,b\n${a},${b}\n`,
  "text/plain": (a, b) => `${a} ${b}`,
};
const shared = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(4096));
it.each(Object.keys(write).flatMap((type) => [[type, () => new Uint8Array(4096)] as const, [type, shared] as const]))(
  "a buffer of %s that is filled again for each body opens as what it holds then",
  async (mediaType, allocate) => {
    const decryptor = createDecryptor({ keys: pemKeys({ "pii-1": pii.privateKey }) });
    const wrapped = [0, 1, 2].map(() => wrapRsa(pii.publicKey));
    const buffer = allocate();
    for (let i = 0; i < 12; i++) {
      const [a, b] = [seal(wrapped[i % 3]!, `a${i}`), seal(wrapped[(i * 2) % 3]!, `b${i}`)];
      const sealed = bytesOf(write[mediaType]!(a, b));
      buffer.set(sealed);
      const opened = await decryptor.decryptBody({ bytes: buffer.subarray(0, sealed.length), mediaType });
      expect(textOf(opened)).toBe(write[mediaType]!(`a${i}`, `b${i}`));
    }
  },
);

it("a body whose memory was given away fails alone", async () => {
  const decryptor = createDecryptor({ keys: pemKeys({}) });
  const [whole, gone] = [bytesOf("{}"), Uint8Array.from(bytesOf("{}"))];
  structuredClone(gone, { transfer: [gone.buffer] });
  const bodies = [whole, gone].map((bytes) => ({ bytes, mediaType: json }));
  expect(await decryptor.decryptBodies(bodies)).toMatchObject([
    { bytes: whole },
    { error: { code: "CONFIG_INVALID" } },
  ]);
});
