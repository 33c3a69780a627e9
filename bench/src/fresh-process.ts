// What only a fresh process can tell: the time of a first import, and the most memory that requests take.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { BenchDocument } from "./documents.ts";
import { quantile } from "./measure.ts";

const importProbe = join(import.meta.dirname, "probes/import-time.ts");
const memoryProbe = join(import.meta.dirname, "probes/peak-memory.ts");

/** Milliseconds that importing each of `files` takes, medians of 15 fresh processes each, in turns. */
export function importTimes(files: readonly string[]): number[] {
  const times = files.map((): number[] => []);
  for (let round = 0; round < 15; round++) {
    for (const [index, file] of files.entries()) times[index]!.push(Number(fresh([importProbe, file])));
  }
  return times.map((own) => quantile(own, 0.5));
}

/** Megabytes that requests with `document` take at their peak above the loaded bundle. */
export function peakMemory(bundle: string, document: BenchDocument, policy: unknown): number {
  return Number(fresh([memoryProbe, bundle, String(document.records), JSON.stringify(policy)]));
}

function fresh(args: readonly string[]): string {
  return execFileSync(process.execPath, ["--no-warnings", ...args], { encoding: "utf8" });
}
