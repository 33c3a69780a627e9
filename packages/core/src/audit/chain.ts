// One writer's chain: each line carries its own hash and that of the one before (docs/audit.md, Chain). Pure.
import type { AuditEvent } from "./event.ts";
import { type AuditPrimitives, encodeLine, type LinePosition } from "./line.ts";

/** A line as it is written, and its place. */
export interface ChainedLine extends LinePosition {
  /** Without its line feed. */
  readonly text: string;
}

/** What a writer finds where it begins. */
export interface ChainStart {
  /** Random, base64url of 16 bytes; never used before. */
  readonly writer: string;
  readonly time: string;
  readonly joins: LinePosition | null;
  readonly torn: readonly string[];
}

/** The first line of a writer. */
export function openChain({ writer, time, joins, torn }: ChainStart, primitives: AuditPrimitives): ChainedLine {
  return chained({ type: "open", version: 1, writer, seq: 0, prev: null, time, joins, torn }, primitives);
}

/** The line of `event` behind `last`. */
export function chainEvent(last: LinePosition, event: AuditEvent, primitives: AuditPrimitives): ChainedLine {
  const { writer, seq, hash: prev } = last;
  return chained({ type: "event", writer, seq: seq + 1, prev, event }, primitives);
}

/** The last line of a writer that ends in order. */
export function closeChain(last: LinePosition, time: string, primitives: AuditPrimitives): ChainedLine {
  const { writer, seq, hash: prev } = last;
  return chained({ type: "close", writer, seq: seq + 1, prev, time }, primitives);
}

function chained(line: Parameters<typeof encodeLine>[0], primitives: AuditPrimitives): ChainedLine {
  return { ...encodeLine(line, primitives), writer: line.writer, seq: line.seq };
}
