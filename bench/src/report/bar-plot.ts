// A comparison as bars: how many times as long as the first contender, one bar for each runtime.
import type { Measured } from "../measure.ts";
import type { Comparison } from "../result.ts";
import { shortNumber } from "./numbers.ts";
import { logScale } from "./scale.ts";
import { line, rectangle, svg, text } from "./svg.ts";

const width = 860;
const left = 262;
const right = 70;
const barHeight = 9;
const rowHeight = 26;
const caseHeight = 26;
const top = 76;

/** One comparison of which `runtimes` have measured the same cases. */
export function barPlot(runtimes: readonly { readonly runtime: string; readonly part: Comparison }[]): string {
  const { title, cases } = runtimes[0]!.part;
  const reference = cases[0]!.rows[0]!.name;
  const all = runtimes.flatMap(({ part }) => part.cases.flatMap(({ rows }) => rows));
  const edges = all.flatMap(({ times, spread }) => [times, ...spread]);
  const scale = logScale(Math.min(...edges, 1), Math.max(...edges, 2), left, width - right);
  const rows = cases.reduce((sum, one) => sum + one.rows.length, 0);
  const bottom = top + rows * rowHeight + cases.length * caseHeight;
  const shapes: string[] = [
    text(20, 30, title, "title"),
    text(20, 50, `Processor time: how many times as long as "${reference}". Shorter is faster; logarithmic.`, "soft"),
    ...legend(runtimes.map(({ runtime }) => runtime)),
  ];
  for (const tick of scale.ticks) {
    const x = scale.place(tick);
    shapes.push(line(x, top, x, bottom, tick === 1 ? "one" : "grid"));
    shapes.push(text(x, bottom + 18, `${shortTick(tick)}x`, "soft", "middle"));
  }
  let y = top;
  for (const [index, one] of cases.entries()) {
    shapes.push(text(20, y + 18, one.name, "strong"));
    y += caseHeight;
    for (const [place, row] of one.rows.entries()) {
      shapes.push(text(left - 10, y + 16, row.name, row.name.startsWith("fieldseal") ? "strong" : "", "end"));
      for (const [older, { part }] of runtimes.entries()) {
        const measured = part.cases[index]?.rows[place];
        if (measured === undefined) continue;
        shapes.push(...bar(measured, y + 3 + older * (barHeight + 2), older > 0, scale.place));
      }
      y += rowHeight;
    }
  }
  return svg(title, width, bottom + 34, shapes);
}

function bar(row: Measured, y: number, older: boolean, place: (value: number) => number): string[] {
  const kind = row.name.startsWith("fieldseal") ? "ours" : /^(?:raw|floor)/.test(row.name) ? "raw" : "theirs";
  const from = place(1);
  const to = place(row.times);
  const [low, high] = row.spread;
  const middle = y + barHeight / 2;
  // The first contender is 1 by definition: a short mark instead of no bar.
  const start = Math.min(from, to) - (Math.abs(to - from) < 3 ? 1.5 : 0);
  const shapes = [rectangle(start, y, Math.max(3, Math.abs(to - from)), barHeight, `${kind}${older ? " older" : ""}`)];
  if (high > low) shapes.push(line(place(low), middle, place(high), middle, "whisker"));
  shapes.push(text(Math.max(from, to, place(high)) + 6, y + barHeight, shortNumber(row.times), "soft"));
  return shapes;
}

function legend(runtimes: readonly string[]): string[] {
  return runtimes.flatMap((runtime, i) => {
    const x = width - right - 240 + i * 130;
    return [rectangle(x, 20, 14, barHeight, `ours${i > 0 ? " older" : ""}`), text(x + 20, 29, runtime, "soft")];
  });
}

function shortTick(value: number): string {
  return value >= 1 ? value.toLocaleString("en") : String(Number(value.toPrecision(1)));
}
