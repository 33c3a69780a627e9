// Verifying chains: every line in its place, every checkpoint met (docs/audit.md, Verification). Pure; one pass, memory
// by the number of writers and checkpoints.
import type { Checkpoint } from "./checkpoint.ts";
import { type AuditLine, type AuditPrimitives, hashTorn, type OpenLine, parseLine } from "./line.ts";

/** What is wrong with a trail. */
export type ChainProblem =
  /** The line (from 1) is none of ours, or does not follow from the one before. */
  | { readonly kind: "line-broken"; readonly line: number }
  /** The writer's chain ends before a place that a checkpoint vouches for. */
  | { readonly kind: "tail-cut"; readonly writer: string; readonly found: number; readonly expected: number }
  /** A checkpoint or a later writer names a writer of which there is no line. */
  | { readonly kind: "writer-missing"; readonly writer: string }
  /** A checkpoint vouches for another line than the one that stands there. */
  | { readonly kind: "checkpoint-differs"; readonly writer: string; readonly seq: number; readonly line: number };

/** One writer's part of a trail. */
export interface WriterReport {
  readonly writer: string;
  readonly lines: number;
  readonly events: number;
  /** Whether its last line says that it ended in order. */
  readonly closed: boolean;
  /** Lines behind its last checkpoint; where it did not close, whether more were there cannot be told. */
  readonly unproven: number;
}

export interface ChainReport {
  readonly ok: boolean;
  readonly lines: number;
  readonly events: number;
  readonly problems: readonly ChainProblem[];
  readonly writers: readonly WriterReport[];
  /** `proven`: every writer's end is vouched for by a checkpoint. */
  readonly tail: "proven" | "unproven";
  /** Lines that a crash cut off and the next writer closed. */
  readonly torn: number;
  /** True where the last line is cut off and no writer has closed it yet. */
  readonly endsTorn: boolean;
}

interface WriterState {
  seq: number;
  hash: string;
  lines: number;
  events: number;
  closed: boolean;
  proven: number;
  broken: boolean;
  /** Hashes of its newest lines by seq, for writers that join before the end. */
  recent: Map<number, string>;
}

export interface ChainVerifier {
  /** Takes the next line, without its line feed; `whole` is false for a last line that has none. */
  add(bytes: Uint8Array, whole?: boolean): void;
  end(): ChainReport;
}

const recentLines = 4096;
/** Lines that crashes cut off one behind the other, at most. */
export const maxTornLines = 1024;
/** `{"hash":"`, as canonical form has it. */
const openLineStart = [0x7b, 0x22, 0x68, 0x61, 0x73, 0x68, 0x22, 0x3a, 0x22];

/** A verifier of lines that come one by one; `checkpoints` are those whose signatures were checked. */
export function createChainVerifier(
  primitives: AuditPrimitives,
  checkpoints: readonly Checkpoint[] = [],
): ChainVerifier {
  const vouched = byWriter(checkpoints);
  const writers = new Map<string, WriterState>();
  const problems: ChainProblem[] = [];
  let lineNumber = 0;
  let torn = 0;
  let pending: { readonly line: number; readonly hash: string }[] = [];
  let endsTorn = false;
  let isForeign = false;

  const breaks = (line: number): void => {
    problems.push({ kind: "line-broken", line });
  };

  const settlePending = (line: AuditLine): void => {
    const hashes = line.type === "open" ? line.torn : [];
    if (hashes.length === pending.length && pending.every(({ hash }, index) => hash === hashes[index])) {
      torn += pending.length;
    } else breaks(pending[0]?.line ?? lineNumber);
    pending = [];
  };

  const open = (line: OpenLine): void => {
    if (writers.has(line.writer)) {
      breaks(lineNumber);
      return;
    }
    if (line.joins !== null) {
      const before = writers.get(line.joins.writer);
      if (before === undefined) problems.push({ kind: "writer-missing", writer: line.joins.writer });
      else if (!before.broken && before.seq < line.joins.seq) {
        problems.push({ kind: "tail-cut", writer: line.joins.writer, found: before.seq, expected: line.joins.seq });
      } else if (before.recent.get(line.joins.seq) !== line.joins.hash && !before.broken) {
        breaks(lineNumber);
        return;
      }
      // Nobody else joins it anywhere else: of many writers no more is kept than that.
      if (before !== undefined) before.recent = new Map([[line.joins.seq, line.joins.hash]]);
    }
    writers.set(line.writer, newWriter());
    accept(line);
  };

  const accept = (line: AuditLine): void => {
    const state = writers.get(line.writer)!;
    state.seq = line.seq;
    state.hash = line.hash;
    state.lines++;
    state.closed = line.type === "close";
    if (line.type === "event") state.events++;
    state.recent.set(line.seq, line.hash);
    state.recent.delete(line.seq - recentLines);
    const expected = vouched.get(line.writer)?.get(line.seq);
    if (expected === undefined) return;
    state.proven = line.seq;
    if (expected.size === 1 && expected.has(line.hash)) return;
    problems.push({ kind: "checkpoint-differs", writer: line.writer, seq: line.seq, line: lineNumber });
  };

  const add = (bytes: Uint8Array, whole = true): void => {
    lineNumber++;
    const line = parseLine(bytes, primitives);
    if (line === null) {
      if (writers.size === 0) isForeign ||= !couldBeTorn(bytes);
      if (!whole) endsTorn = true;
      else if (pending.length < maxTornLines) pending.push({ line: lineNumber, hash: hashTorn(bytes, primitives) });
      return;
    }
    settlePending(line);
    if (line.type === "open") {
      open(line);
      return;
    }
    const state = writers.get(line.writer);
    if (state?.broken === true) return;
    if (state === undefined || state.closed || line.seq !== state.seq + 1 || line.prev !== state.hash) {
      breaks(lineNumber);
      // One break of a writer is told; what follows it follows from nothing.
      writers.set(line.writer, { ...(state ?? newWriter()), broken: true });
      return;
    }
    accept(line);
  };

  const end = (): ChainReport => {
    // Two crashes in a row and no writer since leave more than one line that nobody has closed yet.
    if (pending.length > 0 && !endsTorn) breaks(pending[0]!.line);
    else if (writers.size === 0 && isForeign) breaks(1);
    for (const [writer, places] of vouched) {
      const state = writers.get(writer);
      let expected = 0;
      for (const seq of places.keys()) expected = Math.max(expected, seq);
      if (state === undefined) problems.push({ kind: "writer-missing", writer });
      else if (!state.broken && state.seq < expected) {
        problems.push({ kind: "tail-cut", writer, found: state.seq, expected });
      }
    }
    const reports = Array.from(writers, ([writer, { seq, lines, events, closed, proven }]): WriterReport => {
      return { writer, lines, events, closed, unproven: seq - proven };
    });
    const isProven = reports.length > 0 && reports.every(({ closed, unproven }) => closed && unproven === 0);
    return {
      ok: problems.length === 0,
      lines: lineNumber,
      events: reports.reduce((sum, { events }) => sum + events, 0),
      problems,
      writers: reports,
      tail: isProven ? "proven" : "unproven",
      torn,
      endsTorn,
    };
  };

  return { add, end };
}

/** Whether bytes can be what is left of a writer's open line: else a file without a writer is no trail at all. */
function couldBeTorn(bytes: Uint8Array): boolean {
  return openLineStart.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}

/** Verifies lines that are at hand, each without its line feed. */
export function verifyChain(
  lines: Iterable<Uint8Array>,
  primitives: AuditPrimitives,
  checkpoints: readonly Checkpoint[] = [],
): ChainReport {
  const verifier = createChainVerifier(primitives, checkpoints);
  for (const line of lines) verifier.add(line);
  return verifier.end();
}

function newWriter(): WriterState {
  return { seq: -1, hash: "", lines: 0, events: 0, closed: false, proven: -1, broken: false, recent: new Map() };
}

/** The hashes that are vouched for at each place of each writer: several at one place contradict each other. */
function byWriter(checkpoints: readonly Checkpoint[]): Map<string, Map<number, Set<string>>> {
  const writers = new Map<string, Map<number, Set<string>>>();
  for (const { writer, seq, hash } of checkpoints) {
    const places = writers.get(writer) ?? new Map<number, Set<string>>();
    writers.set(writer, places.set(seq, (places.get(seq) ?? new Set()).add(hash)));
  }
  return writers;
}
