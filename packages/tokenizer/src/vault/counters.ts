// What one vault did since it was created, in numbers only. Pure.
import type { ErrorCode } from "@fieldseal/core/errors";

const events = ["created", "found", "opened", "revoked", "erased"] as const;
type CountedEvent = (typeof events)[number];

/** Numbers of tokens created, found again, opened, revoked and erased, and of refusals by code. */
export interface VaultCounters extends Readonly<Record<CountedEvent, number>> {
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>;
}

export interface CounterSet {
  count(event: CountedEvent, by?: number): void;
  refused(code: ErrorCode): void;
  read(): VaultCounters;
}

export function createCounters(): CounterSet {
  const counts = { created: 0, found: 0, opened: 0, revoked: 0, erased: 0 };
  const refusals = new Map<ErrorCode, number>();
  return {
    count(event, by = 1) {
      counts[event] += by;
    },
    refused(code) {
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
    },
    read: () => ({ ...counts, refused: Object.fromEntries(refusals) }),
  };
}
