// Private-key operations hold the event loop, a millisecond or more each. Of many in a row, others have a turn in between.
import { setImmediate } from "node:timers/promises";

const holdsFor = 20;

/** Runs `work` at once, or behind a turn of the event loop where `work` has held it for 20 ms since the last. */
export type InTurn = <T>(work: () => T) => Promise<T>;

export function createTurns(): InTurn {
  let worked = 0;
  let turn: Promise<void> | null = null;
  const takeTurn = async (): Promise<void> => {
    await setImmediate();
    worked = 0;
    turn = null;
  };
  return async (work) => {
    while (worked > holdsFor) {
      turn ??= takeTurn();
      await turn;
    }
    const started = performance.now();
    try {
      return work();
    } finally {
      worked += performance.now() - started;
    }
  };
}
