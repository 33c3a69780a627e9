// Ratios of this FF1 to @noble/ciphers, all in one process, after both agreed. Run with
// `node --conditions=fieldseal-source packages/tokenizer/src/ff1/ff1.bench.ts`.
import { randomBytes, randomInt } from "node:crypto";
import { FF1 } from "@noble/ciphers/ff1.js";
import { createFf1 } from "./index.ts";

const shapes = [
  { name: "PAN, radix 10, n 16", radix: 10, n: 16 },
  { name: "middle six, radix 10, n 6", radix: 10, n: 6 },
  { name: "radix 36, n 19", radix: 36, n: 19 },
  { name: "radix 62, n 16", radix: 62, n: 16 },
  { name: "radix 36, n 30 (BigInt)", radix: 36, n: 30 },
];
const batchSizes = [8, 64, 512, 4096];
const key = randomBytes(32);

for (const { name, radix, n } of shapes) {
  const ff1 = createFf1({ key, radix });
  const values = Array.from({ length: 4096 }, () => Array.from({ length: n }, () => randomInt(radix)));
  const tweaks = values.map(() => randomBytes(8));
  const peer = (i: number): number[] => FF1(radix, key, tweaks[i]!).encrypt(values[i]!);
  const tokens = ff1.encryptBatch(values, tweaks);
  for (let i = 0; i < 32; i++) {
    if (tokens[i]!.join() !== peer(i).join()) throw new Error(`${name}: the contenders disagree`);
  }
  const [noble, single, ...batches] = rates([
    { operations: 200, run: () => repeat(200, peer) },
    { operations: 200, run: () => repeat(200, (i) => ff1.encrypt(values[i]!, tweaks[i]!)) },
    ...batchSizes.map((size) => {
      const some = values.slice(0, size);
      const theirs = tweaks.slice(0, size);
      return { operations: size, run: () => ff1.encryptBatch(some, theirs) };
    }),
  ]);
  const line = [`${name}: noble ${Math.round(noble!)}/s`, `single ${(single! / noble!).toFixed(1)}x`];
  for (const [i, batch] of batches.entries()) {
    line.push(`batch ${batchSizes[i]} ${(batch / noble!).toFixed(0)}x (${Math.round(batch)}/s)`);
  }
  console.log(line.join(", "));
}

interface Contender {
  readonly operations: number;
  readonly run: () => unknown;
}

/** Operations per second of each contender: the best of many short spells, taken in turn so that noise hits all alike. */
function rates(contenders: readonly Contender[]): number[] {
  const best = contenders.map(() => 0);
  for (let spell = 0; spell < 30; spell++) {
    for (const [i, { operations, run }] of contenders.entries()) {
      const begin = process.hrtime.bigint();
      let rounds = 0;
      let elapsed = 0;
      while (elapsed < 0.03e9) {
        run();
        rounds++;
        elapsed = Number(process.hrtime.bigint() - begin);
      }
      best[i] = Math.max(best[i]!, (rounds * operations * 1e9) / elapsed);
    }
  }
  return best;
}

function repeat(count: number, act: (i: number) => unknown): void {
  for (let i = 0; i < count; i++) act(i);
}
