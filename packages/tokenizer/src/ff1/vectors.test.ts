// Other people's vectors (vendor/vectors/README.md): a missing file is a failure.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createFf1 } from "./index.ts";

const folder = new URL("../../../../vendor/vectors/", import.meta.url);
const readVectors = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), "utf8"));
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

interface Sample {
  readonly id: string;
  readonly key: string;
  readonly tweak: string;
  readonly radix: number;
  readonly alphabet: string;
  readonly pt: string;
  readonly ct: string;
}

test("agrees with the nine samples of NIST, alone and as one batch of each radix", () => {
  const { cases } = readVectors("ff1/nist-samples.json") as { cases: Sample[] };
  expect(cases).toHaveLength(9);
  for (const { key, tweak, radix, alphabet, pt, ct } of cases) {
    const ff1 = createFf1({ key: bytes(key), radix });
    const plain = [...pt].map((c) => alphabet.indexOf(c));
    const token = [...ct].map((c) => alphabet.indexOf(c));
    expect(ff1.encrypt(plain, bytes(tweak))).toEqual(token);
    expect(ff1.decrypt(token, bytes(tweak))).toEqual(plain);
    expect(ff1.encryptBatch([plain, plain], [bytes(tweak), bytes(tweak)])).toEqual([token, token]);
  }
});

interface WycheproofFile {
  readonly numberOfTests: number;
  readonly testGroups: {
    readonly radix: number;
    readonly alphabet?: string;
    readonly tests: {
      readonly tcId: number;
      readonly key: string;
      readonly tweak: string;
      readonly msg: string | number[];
      readonly ct: string | number[];
      readonly result: "valid" | "invalid";
      readonly flags: string[];
    }[];
  }[];
}

const refusals: Record<string, string> = {
  InvalidMessageSize: "FF1_DOMAIN_TOO_SMALL",
  InvalidPlaintext: "FF1_NUMERAL_INVALID",
  InvalidKeySize: "FF1_KEY_INVALID",
};

for (const [name, valid] of [
  ["base10", 3312],
  ["radix10", 3312],
  ["base36", 2465],
] as const) {
  test(`Wycheproof ${name}: what is valid agrees in both directions, what is invalid is refused`, () => {
    const file = readVectors(`wycheproof/aes_ff1_${name}_test.json`) as WycheproofFile;
    let agreed = 0;
    let refused = 0;
    for (const { radix, alphabet, tests } of file.testGroups) {
      const numerals = (text: string | number[]): number[] =>
        typeof text === "string" ? [...text].map((c) => alphabet!.indexOf(c)) : text;
      for (const { tcId, key, tweak, msg, ct, result, flags } of tests) {
        const open = (): ReturnType<typeof createFf1> =>
          createFf1({ key: bytes(key), radix, unsafeAllowSmallDomain: true });
        if (result === "invalid") {
          const expected = refusals[flags[0]!];
          expect(expected, `case ${tcId}`).toBeDefined();
          expect(() => open().encrypt(numerals(msg), bytes(tweak)), `case ${tcId}`).toThrow(
            expect.objectContaining({ code: expected }),
          );
          refused++;
        } else {
          const ff1 = open();
          expect(ff1.encrypt(numerals(msg), bytes(tweak)), `case ${tcId}`).toEqual(numerals(ct));
          expect(ff1.decrypt(numerals(ct), bytes(tweak)), `case ${tcId}`).toEqual(numerals(msg));
          agreed++;
        }
      }
    }
    expect(agreed).toBe(valid);
    expect(agreed + refused).toBe(file.numberOfTests);
  });
}
