// bench/README.md and the plots, from the results alone.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Comparison, Figures, Growth, Part } from "../result.ts";
import { barPlot } from "./bar-plot.ts";
import { linePlot } from "./line-plot.ts";
import { duration, shortNumber } from "./numbers.ts";
import type { RunResult } from "./run-result.ts";

const head = `# Benchmarks

How long the hot path takes: against what the platform charges for the cryptography alone, and against other ways to do
the same work. \`npm run bench\` builds, measures everything and writes this page, the plots and \`results/*.json\`;
\`npm run bench -- SUITE\` renews one suite: edge-request, select-and-splice, encrypt, decrypt, kms-calls, ff1, vault,
growth. \`npm run bench:gate\` is the part that CI runs: ratios that do not depend on the machine, with a limit each.

## Method

- Before anything is timed, all contenders must agree: what each one made is opened, and has to be the document that all
  were given. A contender that fails stops the suite.
- Contenders take turns in one process (A B C A B C ...), a fresh one for each suite and runtime, some 4 ms a turn after
  1.5 s each to warm up. Times of the same turn are divided by each other; the tables show the median of those ratios and the
  middle half of them. **Above 1 is slower than the first row.**
- The machine is shared, and others' work slows the larger contender of a turn more. The column "undisturbed" divides the
  fastest tenth of a contender's turns by the fastest tenth of the first one's, as the gate does.
- glibc is told to keep freed memory. Left alone, it gives it back and takes it again page by page in some runs and not
  in others, which costs all contenders the same and hides what they differ in.
- Processor time of all threads is what counts, because other work on the machine lengthens wall time and not that. The
  wall column is the same ratio in wall time; it matters for what spreads over threads, such as WebCrypto behind
  \`Promise.all\`, and is noise where the machine is busy.
- Documents are customer records of some 0.9 KB with six sensitive fields each; RSA-2048 unless the row says otherwise.
- \`raw\` and \`floor\` rows are limits: the platform's own calls and nothing else.

## Traps

- Absolute times drift up to twofold between runs on a shared machine. Compare ratios of one run, never times of two.
- A PEM string instead of a key object costs more than the whole request: every contender gets its fastest key form.
- node:crypto imports a raw AES key on every call on Node 24 (five times slower); key objects are used throughout.
- One RSA wrap costs about twice as much on Node 24 as on Node 22, so shares of it move between runtimes.
- Whoever parses with JSON.parse changes spelling (\`1.0\`, long integers, duplicate keys) and is timed all the same.
- @aws-crypto is timed without signatures and with one context, once with its cache always hitting, its fastest form,
  and once without, when each message costs it an operation with the RSA key as ours does where nothing is cached.
- mastercard-client-encryption turns text that looks like a number into one; its agreement is checked on text.
`;

/** Writes README.md and plots/ below `folder`. */
export function writeReport(results: readonly RunResult[], folder: string): void {
  const plots = join(folder, "plots");
  mkdirSync(plots, { recursive: true });
  for (const old of readdirSync(plots)) rmSync(join(plots, old));
  const sections = results.map((result) => sectionOf(result, plots));
  writeFileSync(join(folder, "README.md"), [head, ...sections].join("\n"));
}

function sectionOf({ suite, date, machine, runs }: RunResult, plots: string): string {
  const { processor, cores, memoryGiB, system, load } = machine;
  const lines = [
    `## ${suite}`,
    "",
    `${date}, ${runs.map(({ runtime }) => runtime).join(" and ")}, ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}; load ${load}.`,
    "",
  ];
  for (const [index, part] of runs[0]!.parts.entries()) {
    const same = runs.flatMap(({ runtime, parts }) => {
      const other = parts[index];
      return other?.name === part.name ? [{ runtime, part: other }] : [];
    });
    lines.push(`### ${part.title}`, "", part.note, "");
    const plot = plotOf(same);
    if (plot !== null) {
      writeFileSync(join(plots, `${part.name}.svg`), plot);
      lines.push(`![${part.title}](plots/${part.name}.svg)`, "");
    }
    lines.push(...tablesOf(same), "");
  }
  return lines.join("\n");
}

interface OnRuntime<P extends Part> {
  readonly runtime: string;
  readonly part: P;
}

function plotOf(same: readonly OnRuntime<Part>[]): string | null {
  const kind = same[0]!.part.kind;
  if (kind === "comparison") return barPlot(same as readonly OnRuntime<Comparison>[]);
  return kind === "growth" ? linePlot(same as readonly OnRuntime<Growth>[]) : null;
}

function tablesOf(same: readonly OnRuntime<Part>[]): string[] {
  const kind = same[0]!.part.kind;
  if (kind === "comparison") return comparisonTable(same as readonly OnRuntime<Comparison>[]);
  if (kind === "growth") return growthTable(same as readonly OnRuntime<Growth>[]);
  return figureTables(same as readonly OnRuntime<Figures>[]);
}

function comparisonTable(same: readonly OnRuntime<Comparison>[]): string[] {
  const columns = same.flatMap(({ runtime }) => [`${runtime}: times as long`, "undisturbed", "wall", "one run"]);
  const lines = tableHead(["", ...columns]);
  for (const [index, { name, rows }] of same[0]!.part.cases.entries()) {
    lines.push(`| **${name}** ${"| ".repeat(columns.length)}|`);
    for (const [place, { name: contender }] of rows.entries()) {
      const cells = same.flatMap(({ part }) => {
        const row = part.cases[index]?.rows[place];
        if (row === undefined) return ["", "", "", ""];
        const spread = place === 0 ? "" : ` (${row.spread.map(shortNumber).join(" to ")})`;
        const [undisturbed, wall] = [row.undisturbed, row.wall].map(shortNumber) as [string, string];
        return [`**${shortNumber(row.times)}**${spread}`, undisturbed, wall, duration(row.microseconds)];
      });
      lines.push(`| ${contender} | ${cells.join(" | ")} |`);
    }
  }
  return lines;
}

function growthTable(same: readonly OnRuntime<Growth>[]): string[] {
  const lines = tableHead(["", ...same.flatMap(({ runtime }) => [`${runtime}: slope`, "smallest", "largest"])]);
  for (const [index, { name }] of same[0]!.part.series.entries()) {
    const cells = same.flatMap(({ part }) => {
      const series = part.series[index];
      if (series === undefined) return ["", "", ""];
      const { slope, points } = series;
      return [`**${slope.toFixed(2)}**`, duration(points[0]![1]), duration(points.at(-1)![1])];
    });
    lines.push(`| ${name} | ${cells.join(" | ")} |`);
  }
  return lines;
}

function figureTables(same: readonly OnRuntime<Figures>[]): string[] {
  if (same[0]!.part.rows.length === 0) return [];
  const lines = tableHead(["runtime", ...same[0]!.part.columns]);
  for (const { runtime, part } of same) {
    for (const row of part.rows) {
      lines.push(
        `| ${[runtime, ...row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell))].join(" | ")} |`,
      );
    }
  }
  return lines;
}

function tableHead(columns: readonly string[]): string[] {
  return [`| ${columns.join(" | ")} |`, `|---|${"---:|".repeat(columns.length - 1)}`];
}
