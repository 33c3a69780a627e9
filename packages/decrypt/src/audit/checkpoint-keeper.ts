// When checkpoints are made: at a writer's first line, every so many events, every so many seconds, and at its end.
import { type CheckpointSigner, type LinePosition, signCheckpoint } from "@fieldseal/core/audit";
import type { LineSink } from "./sink.ts";

export interface CheckpointKeeperOptions {
  readonly sink: LineSink;
  readonly signer: CheckpointSigner;
  readonly checkpointEvents: number;
  readonly checkpointSeconds: number;
  readonly maxUnproven: number;
  readonly now: () => Date;
}

export interface CheckpointKeeper {
  /** The chain has come to `last` with `events` more; a writer's first line is vouched for at once. */
  moved(last: LinePosition, events: number, first: boolean): void;
  /** True where more events would be without a checkpoint than may be. */
  isFull(): boolean;
  /** Makes the last checkpoints: of a chain that ends in order, where there is one, and of those that a sink ended. */
  end(last: LinePosition | null): Promise<void>;
  /** Makes no more of them; resolves when the one under way has been made, or has failed. */
  stop(): Promise<void>;
}

/** How far a writer has come, and how many of its events no checkpoint covers. */
interface Writer {
  last: LinePosition;
  events: number;
}

/** Keeps checkpoints in the background: a sink that fails is asked again, until too many events wait for it. */
export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  const { sink, signer, checkpointEvents, checkpointSeconds, maxUnproven, now } = options;
  // Those with lines that no checkpoint covers. Where the trail's sink fails another writer begins: what the one before
  // had written is vouched for all the same.
  const writers = new Map<string, Writer>();
  let unproven = 0;
  let timer: NodeJS.Timeout | null = null;
  let making: Promise<void> | null = null;

  const put = async (last: LinePosition, final: boolean): Promise<void> => {
    await sink.append([await signCheckpoint({ last, time: now().toISOString(), final }, signer)]);
  };

  const prove = async (writer: Writer): Promise<void> => {
    const { last, events } = writer;
    await put(last, false);
    unproven -= events;
    writer.events -= events;
    if (writer.events === 0) writers.delete(last.writer);
  };

  const make = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    try {
      for (const writer of [...writers.values()]) await prove(writer);
    } catch {
      // Told by `isFull` when it matters: until then the next attempt may succeed.
    }
    making = null;
    if (unproven > 0) wait();
  };

  const start = (): void => {
    making ??= make();
  };

  const wait = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      start();
    }, checkpointSeconds * 1000).unref();
  };

  const stop = async (): Promise<void> => {
    await making;
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  return {
    moved(last, events, first) {
      if (first) for (const [name, writer] of writers) if (writer.events === 0) writers.delete(name);
      const writer = writers.get(last.writer) ?? { last, events: 0 };
      writers.set(last.writer, Object.assign(writer, { last, events: writer.events + events }));
      unproven += events;
      if (first || unproven >= checkpointEvents) start();
      else if (unproven > 0) wait();
    },
    isFull: () => unproven >= maxUnproven,
    async end(last) {
      await stop();
      for (const writer of [...writers.values()]) if (writer.last.writer !== last?.writer) await prove(writer);
      if (last !== null) await put(last, true);
    },
    stop,
  };
}
