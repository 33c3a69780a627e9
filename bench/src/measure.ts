// Interleaved measurement: contenders take turns within one process, and only ratios of the same round are compared.

export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Measured {
  readonly name: string;
  /** Microseconds of one run, median over rounds; for orientation only: the machine drifts. */
  readonly microseconds: number;
  /** Time of the reference divided by the contender's, of the same round: median, and the middle half. */
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

export interface MeasureOptions {
  readonly rounds?: number;
  /** Milliseconds that one contender runs in one round. */
  readonly spell?: number;
}

/** Measures `contenders` against the first of them; above 1 is faster than it. */
export async function measure(
  contenders: readonly Contender[],
  { rounds = 15, spell = 40 }: MeasureOptions = {},
): Promise<Measured[]> {
  const counts: number[] = [];
  for (const { run } of contenders) counts.push(await runsWithin(run, spell));
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of contenders.entries()) times[index]!.push(await timeOf(run, counts[index]!));
  }
  return contenders.map(({ name }, index) => {
    const ratios = times[0]!.map((reference, round) => reference / times[index]![round]!);
    return {
      name,
      microseconds: quantile(times[index]!, 0.5),
      ratio: quantile(ratios, 0.5),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    };
  });
}

/** The value below which a share `q` of `values` lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** How often `run` fits into `spell` milliseconds, once it is warm. */
async function runsWithin(run: () => unknown, spell: number): Promise<number> {
  let count = 1;
  for (;;) {
    const total = (await timeOf(run, count)) * count;
    if (total > spell * 1000) return Math.max(1, Math.round((count * spell * 1000) / total));
    count *= 2;
  }
}

/** Microseconds of one run, over `count` of them. */
async function timeOf(run: () => unknown, count: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}
