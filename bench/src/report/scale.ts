// Logarithmic axes: where a value stands, and which values are marked.

export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Maps `[low, high]` to `[from, to]`, both widened to the next mark. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const decades = Math.log10(high / low);
  const steps = decades > 2.5 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5];
  const marks: number[] = [];
  for (let power = -6; power <= 9; power++) for (const step of steps) marks.push(step * 10 ** power);
  const first = marks.findLast((mark) => mark <= low * 1.001) ?? low;
  const last = marks.find((mark) => mark >= high * 0.999) ?? high;
  const place = (value: number): number => from + ((to - from) * Math.log(value / first)) / Math.log(last / first);
  return { place, ticks: marks.filter((mark) => mark >= first * 0.999 && mark <= last * 1.001) };
}
