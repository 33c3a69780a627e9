// `npm run bench [-- SUITE ...]`: each suite in fresh processes of both runtimes; results, plots and the report.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machine } from "./machine.ts";
import { printResult } from "./report/print.ts";
import { writeReport } from "./report/report.ts";
import type { RunResult } from "./report/run-result.ts";
import type { SuiteResult } from "./result.ts";
import { suites } from "./suites/index.ts";

const bench = join(import.meta.dirname, "..");
const root = join(bench, "..");
const results = join(bench, "results");
const runtimes = [
  ["24", "node_modules/node/bin/node"],
  ["22", "node_modules/node22/bin/node"],
] as const;

// glibc gives freed memory back and takes it again page by page, at some times and not at others: in bytes.
const holdsMemory = { MALLOC_TRIM_THRESHOLD_: "67108864", MALLOC_MMAP_THRESHOLD_: "33554432" };

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in suites));
if (unknown !== undefined) {
  console.error(`no suite "${unknown}"; there are: ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

mkdirSync(results, { recursive: true });
for (const suite of asked.length > 0 ? asked : Object.keys(suites)) {
  const runs = runtimes.map(([major, binary]) => run(suite, major, join(root, binary)));
  const result: RunResult = { suite, date: new Date().toISOString().slice(0, 10), machine: machine(), runs };
  writeFileSync(join(results, `${suite}.json`), `${JSON.stringify(result, null, 1)}\n`);
}
const all = readdirSync(results)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(join(results, file), "utf8")) as RunResult);
writeReport(
  Object.keys(suites).flatMap((suite) => all.find((result) => result.suite === suite) ?? []),
  bench,
);

function run(suite: string, major: string, binary: string): SuiteResult {
  const file = join(results, `.${suite}-${major}.tmp`);
  const { status } = spawnSync(binary, ["--no-warnings", join(import.meta.dirname, "run-suite.ts"), suite, file], {
    stdio: "inherit",
    env: { ...process.env, ...holdsMemory },
  });
  if (status !== 0) {
    console.error(`${suite} failed on Node ${major}`);
    process.exit(1);
  }
  const result = JSON.parse(readFileSync(file, "utf8")) as SuiteResult;
  rmSync(file);
  printResult(result);
  return result;
}
