// A suite's results on all runtimes, as kept in results/*.json. Types only.
import type { Machine } from "../machine.ts";
import type { SuiteResult } from "../result.ts";

export interface RunResult {
  readonly suite: string;
  readonly date: string;
  readonly machine: Machine;
  readonly runs: readonly SuiteResult[];
}
