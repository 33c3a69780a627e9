// How far a long run has come, on one line of a terminal that is written again and again. Pure but for `write`.

export interface ProgressOptions {
  /** Bytes that there are; null where nobody knows. */
  readonly total: number | null;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly write: (text: string) => void;
}

export interface Progress {
  advance(bytes: number): void;
  /** Takes the line away. */
  end(): void;
}

const patience = 200;
const pause = 100;
const width = 30;
const clearLine = "\r\u001b[K";

/** Shows nothing of what is done within a fifth of a second. */
export function createProgress({ total, now, write }: ProgressOptions): Progress {
  const started = now();
  let done = 0;
  let shownAt: number | null = null;
  return {
    advance: (bytes) => {
      done += bytes;
      const time = now();
      if (time - started < patience || (shownAt !== null && time - shownAt < pause)) return;
      shownAt = time;
      write(clearLine + lineOf(done, total, (time - started) / 1000));
    },
    end: () => {
      if (shownAt !== null) write(clearLine);
    },
  };
}

function lineOf(done: number, total: number | null, seconds: number): string {
  const speed = `${megabytes(done / seconds)} MB/s`;
  if (total === null || total === 0) return `${megabytes(done)} MB, ${speed}`;
  const share = Math.min(1, done / total);
  const bar = "=".repeat(Math.floor(share * width)).padEnd(width);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} % of ${megabytes(total)} MB, ${speed}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
