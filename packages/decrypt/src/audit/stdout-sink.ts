// Lines on standard output, for platforms that collect it. I/O.
import type { Writable } from "node:stream";
import type { LineSink } from "./sink.ts";

/** Writes lines to `stream`, standard output unless given; a line counts as accepted when the stream has taken it. */
export function stdoutSink(stream: Writable = process.stdout): LineSink {
  // A stream whose reader went away tells it by an event, too, which ends the process where nobody listens.
  stream.on("error", () => {});
  return {
    append: (lines) =>
      new Promise((resolve, reject) => {
        stream.write(lines.map((line) => `${line}\n`).join(""), (error) => (error ? reject(error) : resolve()));
      }),
  };
}
