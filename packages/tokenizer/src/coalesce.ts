// Single calls of one turn of the event loop, made one batch: this is what makes them fast.
import { FieldsealError } from "@fieldseal/core/errors";

/** Runs one task within the batch of its turn. */
export type Coalesced<T, R> = (task: T) => Promise<R>;

interface Waiting<T, R> {
  readonly task: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers tasks until the turn ends, at most `maxBatch` of them, and hands them to `run`, which answers in order. */
export function coalesce<T, R>(
  run: (tasks: readonly T[]) => Promise<readonly (R | FieldsealError)[]>,
  maxBatch = 4096,
): Coalesced<T, R> {
  let waiting: Waiting<T, R>[] = [];
  return (task) =>
    new Promise((resolve, reject) => {
      waiting.push({ task, resolve, reject });
      if (waiting.length === 1) setImmediate(flush);
      else if (waiting.length === maxBatch) flush();
    });

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    run(batch.map(({ task }) => task)).then(
      (results) => {
        for (const [i, { resolve, reject }] of batch.entries()) {
          const result = results[i]!;
          if (result instanceof FieldsealError) reject(result);
          else resolve(result);
        }
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }
}
