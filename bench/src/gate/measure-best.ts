// One ratio, the fastest spells of both sides: what remains when others on the machine are left out. Processor time.
import type { GateRatio } from "./ratios.ts";

const spell = 8000;
const rounds = 40;

/** Processor time of `ours` over that of `against`. */
export async function measureBest({ ours, against }: GateRatio): Promise<number> {
  const sides = [ours, against];
  const counts: number[] = [];
  for (const run of sides) counts.push(await runsWithinSpell(run));
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    for (const [side, run] of sides.entries()) best[side] = Math.min(best[side]!, await timeOf(run, counts[side]!));
    // Whole megabytes take longer than a spell: a few rounds tell enough.
    if (round >= 8 && Math.max(...counts) === 1) break;
  }
  return best[0]! / best[1]!;
}

async function runsWithinSpell(run: () => unknown): Promise<number> {
  let spent = 0;
  for (let count = 1; ; count *= 2) {
    const one = await timeOf(run, count);
    spent += one * count;
    // Warm: the optimising compiler has had ten spells.
    if (spent > 10 * spell) return Math.max(1, Math.round(spell / one));
  }
}

async function timeOf(run: () => unknown, count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
