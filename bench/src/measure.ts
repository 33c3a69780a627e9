// Interleaved measurement: contenders take turns within one process, and only times of the same round are compared.
// Processor time (of all threads) is what counts: other work on the machine lengthens wall time, not that.

export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Measured {
  readonly name: string;
  /** Microseconds of processor time of one run, median over rounds; for orientation only: the machine drifts. */
  readonly microseconds: number;
  /** How many times the processor time of the first contender in the same round: median, and the middle half. */
  readonly times: number;
  readonly spread: readonly [number, number];
  /** The fastest tenth of the spells over the fastest tenth of the first contender's: with the least of others' work. */
  readonly undisturbed: number;
  /** The same as `times` of wall time, which is less for what several threads share, and noise where the machine is busy. */
  readonly wall: number;
}

export interface MeasureOptions {
  readonly rounds?: number;
  /** Milliseconds that one contender runs in one round; short, so that what disturbs meets few of them. */
  readonly spell?: number;
}

/** Measures `contenders` against the first of them. */
export async function measure(
  contenders: readonly Contender[],
  { rounds = 93, spell = 4 }: MeasureOptions = {},
): Promise<Measured[]> {
  const counts: number[] = [];
  for (const { run } of contenders) counts.push(await runsWithin(run, spell));
  const spells = contenders.map((): Spell[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of contenders.entries()) spells[index]!.push(await timeOf(run, counts[index]!));
  }
  return contenders.map(({ name }, index) => {
    const own = spells[index]!;
    const ratios = (of: keyof Spell): number[] => own.map((time, round) => time[of] / spells[0]![round]![of]);
    const processor = ratios("processor");
    const spent = (of: readonly Spell[], share: number): number => {
      return quantile(
        of.map((time) => time.processor),
        share,
      );
    };
    return {
      name,
      microseconds: spent(own, 0.5),
      times: quantile(processor, 0.5),
      spread: [quantile(processor, 0.25), quantile(processor, 0.75)],
      undisturbed: spent(own, 0.1) / spent(spells[0]!, 0.1),
      wall: quantile(ratios("wall"), 0.5),
    };
  });
}

/** The value below which a share `q` of `values` lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** Microseconds that a contender runs before it is timed: the optimising compiler comes back again and again. */
const warmTime = 1_500_000;

/** Microseconds of one run. */
interface Spell {
  readonly processor: number;
  readonly wall: number;
}

/** How often `run` fits into `spell` milliseconds, once it is warm. */
async function runsWithin(run: () => unknown, spell: number): Promise<number> {
  let count = 1;
  for (let spent = 0; ; ) {
    const total = (await timeOf(run, count)).processor * count;
    spent += total;
    if (spent > warmTime) return Math.max(1, Math.round((count * spell * 1000) / total));
    if (total < spell * 1000) count *= 2;
  }
}

async function timeOf(run: () => unknown, count: number): Promise<Spell> {
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  const wall = Number(process.hrtime.bigint() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / count, wall: wall / count };
}
