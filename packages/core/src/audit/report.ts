// Who opened what, and how often: a count over event lines. Pure.
import type { AuditEvent } from "./event.ts";
import { type AuditPrimitives, parseLine } from "./line.ts";

/** What one principal did with one field for one purpose. */
export interface AccessCount {
  readonly principal: string | null;
  readonly purpose: string | null;
  readonly field: string;
  readonly opened: number;
  readonly masked: number;
  readonly denied: number;
  readonly failed: number;
  /** RFC 3339, of the first and the last event. */
  readonly first: string;
  readonly last: string;
}

export interface AccessCounter {
  /** Takes a line; what is no event is passed over. */
  add(line: Uint8Array): void;
  /** The counts, those with most events first. */
  end(): AccessCount[];
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Counts the events of lines that come one by one. */
export function createAccessCounter(primitives: AuditPrimitives): AccessCounter {
  const counts = new Map<string, Writable<AccessCount>>();
  return {
    add(bytes) {
      const line = parseLine(bytes, primitives);
      if (line?.type === "event") count(counts, line.event);
    },
    end: () => [...counts.values()].sort((a, b) => total(b) - total(a)),
  };
}

function count(counts: Map<string, Writable<AccessCount>>, event: AuditEvent): void {
  const { principal = null, purpose = null, field, outcome, time } = event;
  const key = JSON.stringify([principal, purpose, field]);
  const none = { opened: 0, masked: 0, denied: 0, failed: 0 };
  const counted = counts.get(key) ?? { principal, purpose, field, ...none, first: time, last: time };
  counted[outcome]++;
  if (time < counted.first) counted.first = time;
  if (time > counted.last) counted.last = time;
  counts.set(key, counted);
}

function total({ opened, masked, denied, failed }: AccessCount): number {
  return opened + masked + denied + failed;
}
