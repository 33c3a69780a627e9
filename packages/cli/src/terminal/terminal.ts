// Where a command's data, reports and remarks go: data and reports to stdout, everything else to stderr. I/O.
import { fstatSync, writeSync } from "node:fs";
import { FieldsealError } from "@fieldseal/core/errors";
import { printable } from "../errors/render-error.ts";
import { unreadable } from "../files.ts";
import { createProgress } from "./progress.ts";

/** The standard streams, as commands see them. */
export interface Terminal {
  /** Reports, warnings and errors are JSON. */
  readonly json: boolean;
  /** All bytes of stdin. @throws {FieldsealError} `BODY_TOO_LARGE` above 256 MiB. */
  readInput(): Promise<Uint8Array>;
  /** Bytes of stdin as they come, for commands that need not hold them all. @throws {FieldsealError} `FILE_UNREADABLE` */
  input(): AsyncIterable<Uint8Array>;
  /** The same; where a person watches, stderr shows how far it has come. */
  watchedInput(): AsyncIterable<Uint8Array>;
  /** Reads no more: a command that failed would last for as long as its input is open. */
  closeInput(): void;
  /** Data, to stdout as it is. @throws {FieldsealError} `FILE_UNWRITABLE` also where its reader went away. */
  write(data: string | Uint8Array): void;
  /** Text that is no data, to stdout, whether it is read or not. */
  show(text: string): void;
  /** A report, to stdout: as one line of JSON, or as text; without a reader there is still the exit code. */
  report(value: unknown, text: string): void;
  /** What a user should know about a result that was given all the same. */
  warn(message: string, hint?: string): void;
  /** What was done; only for people. */
  note(text: string): void;
  /** Lines for stderr. */
  error(text: string): void;
}

const maxInputBytes = 256 * 1024 * 1024;

/** The terminal of this process. */
export function processTerminal(json: boolean): Terminal {
  const error = (text: string): void => remark(`${text}\n`);
  const show = (text: string): void => void writeAll(1, text);
  const write = (data: string | Uint8Array): void => {
    if (!writeAll(1, data)) throw new FieldsealError("FILE_UNWRITABLE", "the output's reader went away before its end");
  };
  let isRead = false;
  const input = (): AsyncGenerator<Uint8Array> => {
    isRead = true;
    // Whoever forgot to name a file would wait for an answer.
    if (!json && process.stdin.isTTY === true) error("reading from the terminal; Ctrl-D ends it");
    return standardInput();
  };
  return {
    json,
    readInput: () => readAll(input()),
    input,
    watchedInput: () => (isWatched(json) ? watched(input()) : input()),
    closeInput: () => {
      if (isRead) process.stdin.destroy();
    },
    write,
    error,
    show,
    report: (value, text) => show(json ? `${JSON.stringify(value)}\n` : text),
    warn: (message, hint) => {
      if (json) error(JSON.stringify({ warning: { message, hint } }));
      else error(`warning: ${printable(message)}${hint === undefined ? "" : `\nhint: ${printable(hint)}`}`);
    },
    note: (text) => {
      if (!json) error(text.split("\n").map(printable).join("\n"));
    },
  };
}

/** Opened bytes on the same screen would run into the progress. */
function isWatched(json: boolean): boolean {
  return !json && process.stderr.isTTY === true && process.stdout.isTTY !== true;
}

async function* watched(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = fstatSync(0);
  const total = source.isFile() ? source.size : null;
  const progress = createProgress({ total, now: () => performance.now(), write: remark });
  try {
    for await (const chunk of input) {
      yield chunk;
      progress.advance(chunk.length);
    }
  } finally {
    progress.end();
  }
}

async function* standardInput(): AsyncGenerator<Uint8Array> {
  // Of a folder the stream would say nothing, and end.
  if (fstatSync(0).isDirectory()) throw unreadable("the standard input", { code: "EISDIR" });
  try {
    yield* process.stdin as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable("the standard input", error);
  }
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    length += chunk.length;
    if (length > maxInputBytes) {
      throw new FieldsealError("BODY_TOO_LARGE", `the input is longer than ${maxInputBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Text for stderr; where that takes nothing, there is still the exit code. */
function remark(text: string): void {
  try {
    writeAll(2, text);
  } catch {}
}

/** Synchronous, so that nothing is lost when the process ends; a pipe may take it in parts. False: its reader is gone. */
function writeAll(descriptor: number, data: string | Uint8Array): boolean {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw new FieldsealError("FILE_UNWRITABLE", "the output could not be written");
      Atomics.wait(pause, 0, 0, 5);
    }
  }
  return true;
}

const pause = new Int32Array(new SharedArrayBuffer(4));
