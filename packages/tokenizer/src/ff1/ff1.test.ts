import { createCipheriv, randomBytes } from "node:crypto";
import { FF1 } from "@noble/ciphers/ff1.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFf1, minLength, type Numerals } from "./index.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const noTweak = new Uint8Array(0);

/** The standard read aloud: one value, BigInt only, nothing shared with the product. */
function referenceEncrypt(aesKey: Uint8Array, radix: number, numerals: readonly number[], tweak: Uint8Array): number[] {
  const aes = (block: Uint8Array): Buffer => {
    const cipher = createCipheriv(`aes-${aesKey.length * 8}-ecb`, aesKey, null).setAutoPadding(false);
    return cipher.update(block);
  };
  const bytes = (value: bigint, width: number): Buffer =>
    width === 0 ? Buffer.alloc(0) : Buffer.from(value.toString(16).padStart(2 * width, "0"), "hex");
  const num = (x: readonly number[]): bigint => x.reduce((sum, numeral) => sum * BigInt(radix) + BigInt(numeral), 0n);
  const str = (value: bigint, m: number): number[] => {
    const out: number[] = [];
    for (let rest = value, k = 0; k < m; k++, rest /= BigInt(radix)) out.unshift(Number(rest % BigInt(radix)));
    return out;
  };
  const n = numerals.length;
  const t = tweak.length;
  const u = Math.floor(n / 2);
  const v = n - u;
  let b = 0;
  while (256n ** BigInt(b) < BigInt(radix) ** BigInt(v)) b++;
  const d = 4 * Math.ceil(b / 4) + 4;
  let a = numerals.slice(0, u);
  let other = numerals.slice(u);
  const p = Buffer.concat([
    Buffer.from([1, 2, 1]),
    bytes(BigInt(radix), 3),
    Buffer.from([10, u % 256]),
    bytes(BigInt(n), 4),
    bytes(BigInt(t), 4),
  ]);
  for (let i = 0; i < 10; i++) {
    const zeros = (((-t - b - 1) % 16) + 16) % 16;
    const pq = Buffer.concat([p, tweak, Buffer.alloc(zeros), Buffer.from([i]), bytes(num(other), b)]);
    let r: Uint8Array = Buffer.alloc(16);
    for (let at = 0; at < pq.length; at += 16) r = aes(r.map((byte, k) => byte ^ pq[at + k]!));
    let s: Uint8Array = r;
    for (let j = 1; s.length < d; j++) {
      const counter = bytes(BigInt(j), 16);
      s = Buffer.concat([s, aes(r.map((byte, k) => byte ^ counter[k]!))]);
    }
    const y = BigInt(`0x${Buffer.from(s.subarray(0, d)).toString("hex")}`);
    const m = i % 2 === 0 ? u : v;
    const c = (num(a) + y) % BigInt(radix) ** BigInt(m);
    a = other;
    other = str(c, m);
  }
  return [...a, ...other];
}

const keys = fc.constantFrom(16, 24, 32).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }));
const tweaks = fc.uint8Array({ maxLength: 60 });
const edgeRadices = [2, 3, 10, 16, 26, 36, 62, 64, 255, 256, 257, 1000, 4096, 32768, 65521, 65535];

function numeralsIn(radix: number, maxSize: number): fc.Arbitrary<number[]> {
  const shortest = Math.max(2, Math.ceil(20 / Math.log2(radix)));
  const numeral = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: radix - 1 }) },
    fc.constantFrom(0, radix - 1),
  );
  return fc.array(numeral, { minLength: shortest, maxLength: Math.max(shortest, maxSize), size: "max" });
}

function cases(radices: fc.Arbitrary<number>): fc.Arbitrary<{ radix: number; numerals: number[] }> {
  return radices.chain((radix) => numeralsIn(radix, 90).map((numerals) => ({ radix, numerals })));
}

test("agrees with @noble/ciphers on any key, radix, length and tweak", () => {
  const radices = fc.oneof(fc.constantFrom(...edgeRadices), fc.integer({ min: 2, max: 65_535 }));
  fc.assert(
    fc.property(keys, cases(radices), tweaks, (aesKey, { radix, numerals }, tweak) => {
      const ff1 = createFf1({ key: aesKey, radix });
      const token = ff1.encrypt(numerals, tweak);
      expect(token).toEqual(FF1(radix, aesKey, tweak).encrypt(numerals));
      expect(ff1.decrypt(token, tweak)).toEqual(numerals);
    }),
    { numRuns: 600 },
  );
});

test("agrees with the text of the standard at power-of-two radices, 65536 among them, for every length", () => {
  for (const bits of [1, 4, 5, 8, 13, 15, 16]) {
    const radix = 2 ** bits;
    const ff1 = createFf1({ key, radix });
    for (let n = Math.max(2, Math.ceil(20 / bits)); n <= Math.ceil(560 / bits); n += bits === 1 ? 7 : 1) {
      const tweak = randomBytes(n % 35);
      const numerals = Array.from({ length: n }, (_, k) => (k % 3 === 0 ? radix - 1 : (k * 40_503 + n) % radix));
      const token = referenceEncrypt(key, radix, numerals, tweak);
      expect(ff1.encrypt(numerals, tweak)).toEqual(token);
      expect(ff1.decrypt(token, tweak)).toEqual(numerals);
    }
  }
});

test("agrees with the text of the standard on both sides of the limit of doubles", () => {
  for (const [radix, n] of [
    [2, 103],
    [2, 104],
    [2, 105],
    [3, 65],
    [3, 66],
    [10, 30],
    [10, 31],
    [36, 20],
    [36, 21],
    [8192, 8],
    [8192, 9],
  ]) {
    const ff1 = createFf1({ key, radix: radix! });
    for (let run = 0; run < 200; run++) {
      const tweak = randomBytes(8);
      const numerals = Array.from({ length: n! }, () =>
        Math.random() < 0.5 ? radix! - 1 : Math.floor(Math.random() * radix!),
      );
      const token = referenceEncrypt(key, radix!, numerals, tweak);
      expect(ff1.encrypt(numerals, tweak)).toEqual(token);
      expect(ff1.decrypt(token, tweak)).toEqual(numerals);
    }
  }
});

test("a batch of mixed lengths and tweaks gives in order what single calls give, and comes back", () => {
  const one = fc.tuple(numeralsIn(36, 40), tweaks);
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (pairs) => {
      const ff1 = createFf1({ key, radix: 36 });
      const values = pairs.map(([numerals]) => numerals);
      const theirs = pairs.map(([, tweak]) => tweak);
      const tokens = ff1.encryptBatch(values, theirs);
      expect(tokens).toEqual(values.map((numerals, i) => ff1.encrypt(numerals, theirs[i]!)));
      expect(ff1.decryptBatch(tokens, theirs)).toEqual(values);
    }),
    { numRuns: 100 },
  );
});

test("a batch longer than any chunk gives what single calls give", () => {
  const ff1 = createFf1({ key, radix: 10 });
  const values = Array.from({ length: 5000 }, (_, i) =>
    Array.from({ length: i % 3 === 0 ? 16 : 40 }, (_, k) => (i * k + i) % 10),
  );
  const theirs = values.map((_, i) => Uint8Array.from({ length: i % 30 }, () => i % 256));
  const tokens = ff1.encryptBatch(values, theirs);
  for (let i = 0; i < values.length; i += 37) expect(tokens[i]).toEqual(ff1.encrypt(values[i]!, theirs[i]!));
  expect(ff1.decryptBatch(tokens, theirs)).toEqual(values);
});

test("is a bijection on a whole small domain", () => {
  const ff1 = createFf1({ key, radix: 10, unsafeAllowSmallDomain: true });
  const values = Array.from({ length: 10_000 }, (_, i) => [...String(i).padStart(4, "0")].map(Number));
  const same = values.map(() => new Uint8Array([1]));
  const tokens = ff1.encryptBatch(values, same);
  expect(new Set(tokens.map((token) => token.join(""))).size).toBe(10_000);
  expect(ff1.decryptBatch(tokens, same)).toEqual(values);
});

test("the longest numeral string encrypts, alike in one call and read back", () => {
  const ff1 = createFf1({ key, radix: 65_536, maxTlen: 65_536 });
  const numerals = Uint16Array.from({ length: 65_536 }, (_, i) => (i * 40_503) % 65_536);
  const tweak = new Uint8Array(65_536).fill(9);
  const token = ff1.encrypt(numerals, tweak);
  expect(token).not.toEqual(numerals);
  expect(ff1.decrypt(token, tweak)).toEqual(numerals);
});

const unsignedKinds = [Uint8Array, Uint16Array, Uint32Array, Uint8ClampedArray];
const otherKinds = [Int8Array, Int16Array, Int32Array, Float32Array, Float64Array];

test("gives the kind of array that it was given, and leaves the argument alone", () => {
  const ff1 = createFf1({ key, radix: 128 });
  const plain = [1, 2, 3, 127, 5];
  const token = ff1.encrypt(plain, noTweak);
  expect(plain).toEqual([1, 2, 3, 127, 5]);
  for (const kind of [...unsignedKinds, ...otherKinds]) {
    const numerals = kind.from(plain);
    const typed: Numerals = ff1.encrypt(numerals as Uint8Array, noTweak);
    expect(Object.getPrototypeOf(typed)).toBe(kind.prototype);
    expect([...typed]).toEqual(token);
    expect([...numerals]).toEqual(plain);
  }
});

test("a call made from within another call's array disturbs neither", () => {
  const ff1 = createFf1({ key, radix: 10 });
  const numerals = [1, 2, 3, 4, 5, 6, 7];
  const expected = ff1.encrypt(numerals, noTweak);
  let inner: number[] = [];
  const odd = [...numerals];
  Object.defineProperty(odd, 3, {
    get: () => {
      inner = ff1.encrypt(numerals, noTweak);
      return 4;
    },
  });
  expect(ff1.encrypt(odd, noTweak)).toEqual(expected);
  expect(inner).toEqual(expected);
});

test("a refused call leaves nothing behind for the next", () => {
  const ff1 = createFf1({ key, radix: 10 });
  const numerals = [1, 2, 3, 4, 5, 6, 7];
  const expected = ff1.encrypt(numerals, noTweak);
  expect(code(() => ff1.encryptBatch([numerals, [1, 2, 3, 4, 5, 6, 10]], [noTweak, noTweak]))).toBe(
    "FF1_NUMERAL_INVALID",
  );
  expect(ff1.encrypt(numerals, noTweak)).toEqual(expected);
});

function code(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "no error";
}

test("refuses keys that are no AES keys", () => {
  for (const length of [0, 15, 17, 31, 33]) {
    expect(code(() => createFf1({ key: new Uint8Array(length), radix: 10 }))).toBe("FF1_KEY_INVALID");
  }
  expect(code(() => createFf1({ key: "0".repeat(16) as never, radix: 10 }))).toBe("FF1_KEY_INVALID");
});

test("refuses radices outside 2 to 65536", () => {
  for (const radix of [0, 1, -10, 10.5, 65_537, Number.NaN, "10" as never]) {
    expect(code(() => createFf1({ key, radix }))).toBe("FF1_RADIX_INVALID");
    // In radix 1 no string is ever long enough.
    expect(code(() => minLength(radix))).toBe("FF1_RADIX_INVALID");
  }
});

test("refuses domains below 1,000,000, and below 100 where small ones are allowed", () => {
  const shortest = [
    [2, 20],
    [10, 6],
    [16, 5],
    [36, 4],
    [256, 3],
    [999, 3],
    [1000, 2],
    [65_536, 2],
  ] as const;
  for (const [radix, length] of shortest) {
    const ff1 = createFf1({ key, radix });
    expect(code(() => ff1.encrypt(new Array(length).fill(1), noTweak))).toBe("no error");
    expect(code(() => ff1.encrypt(new Array(length - 1).fill(1), noTweak))).toBe("FF1_DOMAIN_TOO_SMALL");
    expect(code(() => ff1.decrypt([], noTweak))).toBe("FF1_DOMAIN_TOO_SMALL");
  }
  const small = createFf1({ key, radix: 10, unsafeAllowSmallDomain: true });
  expect(code(() => small.encrypt([1, 2], noTweak))).toBe("no error");
  expect(code(() => small.encrypt([1], noTweak))).toBe("FF1_DOMAIN_TOO_SMALL");
});

test("refuses numeral strings of more than 65,536 numerals", () => {
  const ff1 = createFf1({ key, radix: 10 });
  expect(code(() => ff1.encrypt(new Uint8Array(65_537), noTweak))).toBe("FF1_LENGTH_INVALID");
});

test("refuses what is no integer in [0, radix), wherever it stands", () => {
  const ff1 = createFf1({ key, radix: 10 });
  for (const bad of [10, -1, 1.5, 65_536, 65_537, 2 ** 32, Number.NaN, "5", undefined, null, 5n]) {
    for (const at of [0, 6]) {
      const numerals: unknown[] = [1, 2, 3, 4, 5, 6, 7];
      numerals[at] = bad;
      expect(code(() => ff1.encrypt(numerals as number[], noTweak))).toBe("FF1_NUMERAL_INVALID");
      expect(code(() => ff1.decryptBatch([[1, 2, 3, 4, 5, 6], numerals as number[]], [noTweak, noTweak]))).toBe(
        "FF1_NUMERAL_INVALID",
      );
    }
  }
  expect(code(() => ff1.encrypt("1234567" as never, noTweak))).toBe("FF1_NUMERAL_INVALID");
  expect(code(() => ff1.encrypt(Float64Array.of(1, 2, 3, 4, 5, 6, 1.5), noTweak))).toBe("FF1_NUMERAL_INVALID");
  expect(code(() => ff1.encrypt(Int8Array.of(1, 2, 3, 4, 5, 6, -1), noTweak))).toBe("FF1_NUMERAL_INVALID");
  for (const other of [new BigInt64Array(7), new DataView(new ArrayBuffer(7)), { length: 7 }, new ArrayBuffer(7)]) {
    expect(code(() => ff1.encrypt(other as never, noTweak))).toBe("FF1_NUMERAL_INVALID");
  }
});

test.each([
  [Int8Array, 128],
  [Uint8Array, 256],
  [Uint8ClampedArray, 256],
  [Int16Array, 32_768],
])("refuses an array where the radix exceeds what its elements hold: %o", (kind, most) => {
  const numerals = new kind(8);
  expect(code(() => createFf1({ key, radix: most }).encrypt(numerals, noTweak))).toBe("no error");
  expect(code(() => createFf1({ key, radix: most + 1 }).encrypt(numerals, noTweak))).toBe("FF1_NUMERAL_INVALID");
});

test.each([Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array])("takes every radix in %o", (kind) => {
  const ff1 = createFf1({ key, radix: 65_536 });
  const numerals = kind.from([65_535, 0, 40_001]);
  expect(ff1.decrypt(ff1.encrypt(numerals as Uint16Array, noTweak), noTweak)).toEqual(numerals);
});

test("refuses tweaks that are too long, no bytes, or not one for each value", () => {
  const numerals = [1, 2, 3, 4, 5, 6, 7];
  const ff1 = createFf1({ key, radix: 10 });
  expect(code(() => ff1.encrypt(numerals, new Uint8Array(256)))).toBe("no error");
  expect(code(() => ff1.encrypt(numerals, new Uint8Array(257)))).toBe("FF1_TWEAK_INVALID");
  expect(code(() => createFf1({ key, radix: 10, maxTlen: 8 }).encrypt(numerals, new Uint8Array(9)))).toBe(
    "FF1_TWEAK_INVALID",
  );
  expect(code(() => ff1.encrypt(numerals, "tweak" as never))).toBe("FF1_TWEAK_INVALID");
  expect(code(() => ff1.encryptBatch([numerals, numerals], [noTweak]))).toBe("FF1_TWEAK_INVALID");
  for (const maxTlen of [-1, 1.5, 65_537]) {
    expect(code(() => createFf1({ key, radix: 10, maxTlen }))).toBe("FF1_TWEAK_INVALID");
  }
});
