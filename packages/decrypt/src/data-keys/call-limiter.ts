// Bounded concurrency: so many calls at a time, the others wait in order. Pure.

export interface CallLimiter {
  run<T>(call: () => Promise<T>): Promise<T>;
}

export function createCallLimiter(maxConcurrent: number): CallLimiter {
  let waiting: (() => void)[] = [];
  let next = 0;
  let free = maxConcurrent;
  // A call that ends hands its place over: nobody can slip in between.
  const handOver = (): void => {
    const start = waiting[next++];
    if (start !== undefined) {
      start();
      return;
    }
    waiting = [];
    next = 0;
    free++;
  };
  return {
    run: async (call) => {
      if (free > 0) free--;
      else await new Promise<void>((start) => waiting.push(start));
      try {
        return await call();
      } finally {
        handOver();
      }
    },
  };
}
