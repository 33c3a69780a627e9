// The tokenizer on whole values against @noble/ciphers one value at a time, in one process. Run with
// `node --conditions=fieldseal-source packages/tokenizer/src/tokenizer.bench.ts`.
import { randomBytes, randomInt } from "node:crypto";
import { luhnCheckDigit } from "@fieldseal/core/identifiers";
import { FF1 } from "@noble/ciphers/ff1.js";
import { createTokenizer } from "./index.ts";

const tokenizer = createTokenizer({
  keys: { current: "1", versions: { 1: randomBytes(32) } },
  formats: {
    card: { type: "pan", keepLast: 4 },
    mail: { type: "email" },
    iban: { type: "iban" },
    ssn: { type: "us-ssn" },
  },
});
const values: Readonly<Record<string, readonly string[]>> = {
  card: many(() => {
    const payload = `4${digits(14)}`;
    return payload + luhnCheckDigit(payload);
  }),
  mail: many(() => `user.${digits(6)}@example.com`),
  iban: many(() => "GB82 WEST 1234 5698 7654 32"),
  ssn: many(() => `5${digits(2)}-${randomInt(10, 99)}-${randomInt(1000, 9999)}`),
};
const key = randomBytes(32);
const tweak = randomBytes(10);
const numerals = Array.from(digits(16), Number);
const contenders: Contender[] = [
  {
    name: "noble, 16 digits",
    operations: 100,
    act: async () => {
      for (let i = 0; i < 100; i++) FF1(10, key, tweak).encrypt(numerals);
    },
  },
];
for (const [format, all] of Object.entries(values)) {
  const request = { format, tenant: "t" };
  for (const size of [1, 64, 512]) {
    const some = all.slice(0, size);
    const act = (): Promise<unknown> => tokenizer.tokenizeBatch(some, request);
    contenders.push({ name: `${format}, batch of ${size}`, operations: size, act });
  }
  const concurrent = all.slice(0, 64);
  const act = (): Promise<unknown> => Promise.all(concurrent.map((value) => tokenizer.tokenize(value, request)));
  contenders.push({ name: `${format}, 64 concurrent calls`, operations: 64, act });
}
const best = await rates();
for (const [i, { name }] of contenders.entries()) {
  console.log(`${name}: ${(best[i]! / best[0]!).toFixed(1)}x (${Math.round(best[i]!)}/s)`);
}

interface Contender {
  readonly name: string;
  readonly operations: number;
  readonly act: () => Promise<unknown>;
}

/** Operations per second of each: the best of many short spells, taken in turn so that noise hits all alike. */
async function rates(): Promise<number[]> {
  const found = contenders.map(() => 0);
  for (let spell = 0; spell < 25; spell++) {
    for (const [i, { operations, act }] of contenders.entries()) {
      const begin = process.hrtime.bigint();
      let rounds = 0;
      let elapsed = 0;
      while (elapsed < 0.02e9) {
        await act();
        rounds++;
        elapsed = Number(process.hrtime.bigint() - begin);
      }
      found[i] = Math.max(found[i]!, (rounds * operations * 1e9) / elapsed);
    }
  }
  return found;
}

function many(make: () => string): string[] {
  return Array.from({ length: 512 }, make);
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join("");
}
