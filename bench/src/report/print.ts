// A suite's result on the console.
import type { Comparison, Figures, Growth, SuiteResult } from "../result.ts";
import { duration, shortNumber } from "./numbers.ts";

/** Prints ratios with their spread, and the figures. */
export function printResult({ suite, runtime, parts }: SuiteResult): void {
  console.log(`\n${suite}, ${runtime}`);
  for (const part of parts) {
    console.log(`\n  ${part.title}`);
    if (part.kind === "comparison") printTable(comparisonRows(part));
    else if (part.kind === "figures") printTable(figureRows(part));
    else printTable(growthRows(part));
  }
}

function comparisonRows({ cases }: Comparison): string[][] {
  const head = ["", "times as long", "middle half", "undisturbed", "wall", "one run"];
  return [
    head,
    ...cases.flatMap(({ name, rows }) => [
      [name, "", "", "", "", ""],
      ...rows.map((row) => [
        `  ${row.name}`,
        shortNumber(row.times),
        row.spread.map(shortNumber).join(" to "),
        shortNumber(row.undisturbed),
        shortNumber(row.wall),
        duration(row.microseconds),
      ]),
    ]),
  ];
}

function figureRows({ columns, rows }: Figures): string[][] {
  return [[...columns], ...rows.map((row) => row.map(String))];
}

function growthRows({ x, series }: Growth): string[][] {
  return [
    ["", "slope", x, "", ""],
    ...series.map(({ name, slope, points }) => {
      const last = points.at(-1)!;
      return [name, slope.toFixed(2), `${points[0]![0]} to ${last[0]}`, duration(points[0]![1]), duration(last[1])];
    }),
  ];
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)));
    console.log(`    ${cells.join("  ").trimEnd()}`);
  }
}
