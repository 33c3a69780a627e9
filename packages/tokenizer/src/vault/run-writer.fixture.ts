// Runs write-tokens.fixture.ts as a process of its own and reads what it acknowledged. Starts processes.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Acknowledged, WriteTask } from "./write-tokens.fixture.ts";

export interface Writer {
  /** Whole lines that the process printed so far. */
  readonly acknowledged: Acknowledged[];
  /** Resolves when that many tokens are acknowledged, or the process has ended. */
  reached(count: number): Promise<void>;
  /** Resolves with the exit code, or null when the process was killed, after all output was read. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** Starts the real binary: a shell between it and us would survive the kill. */
export function startWriter(task: WriteTask): Writer {
  const script = path.join(import.meta.dirname, "write-tokens.fixture.ts");
  const flags = ["--conditions=fieldseal-source", "--disable-warning=ExperimentalWarning"];
  const child: ChildProcess = spawn(process.execPath, [...flags, script], { stdio: ["pipe", "pipe", "inherit"] });
  // A task may be longer than a command line.
  child.stdin!.end(JSON.stringify(task));
  const acknowledged: Acknowledged[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const one of waiting) one();
  };
  const lines = createInterface({ input: child.stdout! });
  lines.on("line", (line) => {
    // A killed process may leave half a line: not acknowledged.
    if (line.endsWith("}")) acknowledged.push(JSON.parse(line) as Acknowledged);
    wake();
  });
  let over = false;
  const ended = Promise.all([
    new Promise<number | null>((resolve) => child.once("exit", resolve)),
    new Promise((resolve) => lines.once("close", resolve)),
  ]).then(([code]) => {
    over = true;
    wake();
    return code;
  });
  return {
    acknowledged,
    ended,
    kill: () => child.kill("SIGKILL"),
    reached: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (acknowledged.length < count && !over) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}
