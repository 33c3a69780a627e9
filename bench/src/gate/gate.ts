// `npm run bench:gate`: exits 1 where a gated ratio is over its limit, in the best of many rounds, twice.
import { measureBest } from "./measure-best.ts";
import { type GateRatio, gateRatios } from "./ratios.ts";

const ratios = gateRatios();
const slow = await over(ratios);
// Once more, as a neighbour on the machine may have had the caches.
const still = slow.length === 0 ? [] : await over(slow);
if (still.length > 0) {
  console.error(`\nbench:gate: too slow: ${still.map(({ name }) => name).join("; ")}`);
  process.exit(1);
}

async function over(some: readonly GateRatio[]): Promise<GateRatio[]> {
  const failed: GateRatio[] = [];
  for (const ratio of some) {
    const measured = await measureBest(ratio);
    const isOver = measured > ratio.limit;
    if (isOver) failed.push(ratio);
    console.log(
      `${isOver ? "over" : "ok  "} ${measured.toFixed(2).padStart(6)} of at most ${ratio.limit}: ${ratio.name}`,
    );
  }
  return failed;
}
