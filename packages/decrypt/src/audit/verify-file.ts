// Audit files, verified and counted in one pass of constant memory. I/O.
import { createReadStream } from "node:fs";
import {
  type AccessCount,
  type ChainReport,
  type Checkpoint,
  type CheckpointVerifier,
  createAccessCounter,
  createChainVerifier,
  readCheckpoint,
} from "@fieldseal/core/audit";
import { FieldsealError } from "@fieldseal/core/errors";
import { openPrimitives } from "../primitives.ts";

/** Where the checkpoints of a trail are, and how their signatures are checked. */
export interface CheckpointFile {
  readonly file: string;
  readonly verifier: CheckpointVerifier;
}

/** What an audit file is worth. */
export interface AuditFileReport extends ChainReport {
  /** Lines (from 1) of the checkpoint file that hold a checkpoint whose signature does not verify. */
  readonly badCheckpoints: readonly number[];
}

/**
 * Verifies an audit file; `ok` is false where anything is wrong, and `tail` tells whether its end is vouched for.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, and what the verifier throws where its key cannot be asked.
 */
export async function verifyAuditFile(file: string, checkpoints?: CheckpointFile): Promise<AuditFileReport> {
  const { good, bad } = checkpoints === undefined ? { good: [], bad: [] } : await readCheckpoints(checkpoints);
  const verifier = createChainVerifier(openPrimitives, good);
  for await (const { bytes, whole } of linesOf(file)) verifier.add(bytes, whole);
  const report = verifier.end();
  return { ...report, ok: report.ok && bad.length === 0, badCheckpoints: bad };
}

/**
 * Counts who opened what, how often; those with most events first. Verify the file before.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`.
 */
export async function reportAuditFile(file: string): Promise<AccessCount[]> {
  const counter = createAccessCounter(openPrimitives);
  for await (const { bytes } of linesOf(file)) counter.add(bytes);
  return counter.end();
}

async function readCheckpoints({ file, verifier }: CheckpointFile): Promise<{ good: Checkpoint[]; bad: number[] }> {
  const good: Checkpoint[] = [];
  const bad: number[] = [];
  let number = 0;
  for await (const { bytes } of linesOf(file)) {
    number++;
    // A crash may cut a line off; one that is missing proves nothing, and the next one covers more.
    const read = await readCheckpoint(bytes, verifier);
    if (read?.valid === true) good.push(read.checkpoint);
    else if (read !== null) bad.push(number);
  }
  return { good, bad };
}

const lineFeed = 0x0a;
const maxLineBytes = 1_048_576;

async function* linesOf(file: string): AsyncGenerator<{ readonly bytes: Uint8Array; readonly whole: boolean }> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      let start = 0;
      rest = Buffer.concat([rest, chunk]);
      for (let feed = rest.indexOf(lineFeed); feed >= 0; feed = rest.indexOf(lineFeed, start)) {
        yield { bytes: rest.subarray(start, feed), whole: true };
        start = feed + 1;
      }
      // What is longer than any line of ours is none, however it goes on: its end is still looked for.
      rest = rest.subarray(start, start + maxLineBytes);
    }
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const reason = /^E[A-Z]+$/.test(code) ? ` (${code})` : "";
    throw new FieldsealError("FILE_UNREADABLE", `the audit file ${file} could not be read${reason}`, { cause });
  }
  if (rest.length > 0) yield { bytes: rest, whole: false };
}
