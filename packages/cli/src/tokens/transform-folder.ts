// The files of a folder through a tokenizer, each once, into another folder. I/O.
import { existsSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import { createItemProcessor, type ItemOptions, type ItemResult } from "@fieldseal/tokenizer/distributed-map";
import { createFolderStore } from "@fieldseal/tokenizer/folder";
import { usageError } from "../errors/usage-error.ts";
import { unreadable, unwritable } from "../files.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface FolderJob extends Omit<ItemOptions, "from" | "to" | "onRejected"> {
  readonly folder: string;
  readonly out: string;
}

/**
 * Writes a file for each file; under `--json` its result is a line on stdout.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, `FILE_UNWRITABLE`, `USAGE_INVALID` for folders inside each other; `ITEMS_FAILED`, once every
 * file had its turn.
 */
export async function transformFolder({ folder, out, ...options }: FolderJob, terminal: Terminal): Promise<void> {
  const [source, target] = [folder, out].map((one) => statSync(one, { throwIfNoEntry: false }));
  if (source?.isDirectory() !== true) throw unreadable(folder, { code: source === undefined ? "ENOENT" : "ENOTDIR" });
  if (target?.isDirectory() === false) throw unwritable(out, { code: "ENOTDIR" });
  if (isInside(folder, out) || isInside(out, folder)) throw usageError("--folder and --out lie apart from each other");
  const from = createFolderStore({ folder });
  const onRejected: ItemOptions["onRejected"] = ({ record, column, error }, { key }) =>
    terminal.warn(`${key}: record ${record}, column "${column}" is left out: ${error.code}`);
  const processItem = createItemProcessor({ ...options, from, to: createFolderStore({ folder: out }), onRejected });
  const total = await count(from.list());
  const outcomes = { done: 0, "already-done": 0, failed: 0 };
  let isRetryable = false;
  for await (const key of from.list()) {
    const result = await processItem({ key });
    outcomes[result.outcome]++;
    isRetryable ||= result.retryable === true;
    if (terminal.json) terminal.write(`${JSON.stringify(result)}\n`);
    else terminal.note(`${sum(outcomes)} of ${total}: ${key}: ${described(result)}`);
  }
  const { done, failed } = outcomes;
  if (failed > 0) {
    const details = { hint: "correct them and run it again: what is done is not done twice", retryable: isRetryable };
    throw new FieldsealError("ITEMS_FAILED", `${failed} of ${sum(outcomes)} files failed`, details);
  }
  terminal.note(`${done} files done, ${outcomes["already-done"]} were done already`);
}

function described({ outcome, records, fields, rejected, code, message }: ItemResult): string {
  if (outcome === "failed") return `failed: ${code}: ${message}`;
  if (outcome === "already-done") return "done already";
  const left = rejected === 0 ? "" : `, ${rejected} records left out`;
  return `${records} records, ${fields} values${left}`;
}

/** True where `inner` is `outer` or below it. */
function isInside(outer: string, inner: string): boolean {
  const way = path.relative(realPath(outer), realPath(inner));
  return way === "" || !(way === ".." || way.startsWith(`..${path.sep}`) || path.isAbsolute(way));
}

/** The absolute path without symbolic links; what is not there yet has none. */
function realPath(folder: string): string {
  const absolute = path.resolve(folder);
  return existsSync(absolute)
    ? realpathSync(absolute)
    : path.join(realPath(path.dirname(absolute)), path.basename(absolute));
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of items) found++;
  return found;
}

function sum(outcomes: Readonly<Record<string, number>>): number {
  return Object.values(outcomes).reduce((total, one) => total + one, 0);
}
