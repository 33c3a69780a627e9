// The trail of one process: chains events, hands lines to a sink, signs checkpoints (docs/audit.md). I/O: its sinks.
import { randomBytes } from "node:crypto";
import {
  type AuditEvent,
  type AuditSink,
  type ChainedLine,
  type CheckpointSigner,
  chainEvent,
  closeChain,
  openChain,
} from "@fieldseal/core/audit";
import { checkFunctions, checkObjects, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkLimits } from "../limits.ts";
import { openPrimitives } from "../primitives.ts";
import { type CheckpointKeeper, createCheckpointKeeper } from "./checkpoint-keeper.ts";
import type { LineSink } from "./sink.ts";

export interface AuditTrailOptions {
  readonly sink: LineSink;
  /** A second sink, which whoever can change the first one cannot; needs a signer. */
  readonly checkpoints?: LineSink;
  readonly signer?: CheckpointSigner;
  /** Events between two checkpoints; default 1,000. */
  readonly checkpointEvents?: number;
  /** Most seconds that an event waits for a checkpoint; default 10. */
  readonly checkpointSeconds?: number;
  /** Events that may be without a checkpoint while none can be made; then events are refused. Default 10,000. */
  readonly maxUnproven?: number;
  /** The clock of lines and checkpoints; default: the system's. */
  readonly now?: () => Date;
}

const optionNames: Readonly<Record<keyof AuditTrailOptions, true>> = {
  sink: true,
  checkpoints: true,
  signer: true,
  checkpointEvents: true,
  checkpointSeconds: true,
  maxUnproven: true,
  now: true,
};
const ofTrail: Named = { what: "the options of a trail", names: optionNames, code: "CONFIG_INVALID" };

export interface AuditTrail extends AuditSink {
  /**
   * Resolves when the sink has accepted the events.
   *
   * @throws {FieldsealError} `AUDIT_UNAVAILABLE` (retryable) where it has not.
   */
  accept(events: readonly AuditEvent[]): Promise<void>;
  /** Resolves where events would be accepted; writes the first line where there is none. @throws as `accept` */
  check(): Promise<void>;
  /** Writes the last line and the last checkpoint, and closes the sinks. */
  close(): Promise<void>;
}

interface Waiting {
  readonly events: readonly AuditEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const maxBatch = 1000;
const writerBytes = 16;

/**
 * Starts a trail: one chain for each writer, a new writer whenever a sink failed.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for checkpoints without a signer, or the other way round, for limits that
 * are not positive and finite, and for options that there are not.
 *
 * @example
 * ```ts
 * import { createAuditTrail, fileSink, hmacSigner } from "@fieldseal/decrypt/audit";
 * declare const secret: Uint8Array;
 * const audit = createAuditTrail({
 *   sink: fileSink("audit.jsonl"),
 *   checkpoints: fileSink("checkpoints.jsonl"),
 *   signer: hmacSigner({ key: "audit-2026", secret }),
 * });
 * ```
 */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  refuseUnknownNames(options, ofTrail);
  const { sink, now = () => new Date() } = options;
  checkObjects({ sink });
  checkFunctions({ now, "append of sink": sink.append ?? null });
  const keeper = keeperOf(options, now);
  const waiting: Waiting[] = [];
  let last: ChainedLine | null = null;
  let writing: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  const write = async (events: readonly AuditEvent[]): Promise<void> => {
    if (keeper?.isFull() === true) throw unavailable("too many events wait for a checkpoint");
    const lines: ChainedLine[] = [];
    let end = last;
    if (end === null) {
      const found = (await sink.begin?.()) ?? { joins: null, torn: [] };
      const writer = randomBytes(writerBytes).toString("base64url");
      end = openChain({ writer, time: now().toISOString(), ...found }, openPrimitives);
      lines.push(end);
    }
    for (const event of events) {
      end = chainEvent(end, event, openPrimitives);
      lines.push(end);
    }
    // Until the sink has answered, nobody knows what it holds: should it fail, another writer begins.
    last = null;
    await sink.append(lines.map(({ text }) => text));
    last = end;
    keeper?.moved(end, events.length, lines[0]?.seq === 0);
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch: Waiting[] = [];
      let count = 0;
      do {
        const next = waiting.shift()!;
        batch.push(next);
        count += next.events.length;
      } while (waiting.length > 0 && count + waiting[0]!.events.length <= maxBatch);
      try {
        await write(batch.flatMap(({ events }) => events));
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        for (const { reject } of batch) reject(cause instanceof FieldsealError ? cause : unavailable("", cause));
      }
    }
    writing = null;
  };

  const accept = (events: readonly AuditEvent[]): Promise<void> => {
    if (closing !== null) return Promise.reject(unavailable("the trail was closed"));
    return new Promise((resolve, reject) => {
      waiting.push({ events, resolve, reject });
      writing ??= drain();
    });
  };

  const close = async (): Promise<void> => {
    await writing;
    try {
      const end = last === null ? null : closeChain(last, now().toISOString(), openPrimitives);
      if (end !== null) await sink.append([end.text]);
      await keeper?.end(end);
    } catch (cause) {
      throw cause instanceof FieldsealError ? cause : unavailable("", cause);
    } finally {
      await keeper?.stop();
      try {
        await sink.close?.();
      } finally {
        await options.checkpoints?.close?.();
      }
    }
  };

  return {
    accept: (events) => accept(events),
    check: () => accept([]),
    close: () => (closing ??= close()),
  };
}

function keeperOf(options: AuditTrailOptions, now: () => Date): CheckpointKeeper | null {
  const { checkpoints, signer, checkpointEvents = 1000, checkpointSeconds = 10, maxUnproven = 10_000 } = options;
  if ((checkpoints === undefined) !== (signer === undefined)) {
    throw new FieldsealError("CONFIG_INVALID", "checkpoints of a trail need a sink and a signer, or neither");
  }
  checkLimits({ checkpointEvents, checkpointSeconds, maxUnproven });
  if (checkpoints === undefined || signer === undefined) return null;
  return createCheckpointKeeper({ sink: checkpoints, signer, checkpointEvents, checkpointSeconds, maxUnproven, now });
}

function unavailable(message: string, cause?: unknown): FieldsealError {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  const reason = typeof code === "string" && /^E[A-Z]+$/.test(code) ? ` (${code})` : "";
  const said = message === "" ? `the sink did not accept the lines${reason}` : message;
  return new FieldsealError("AUDIT_UNAVAILABLE", `the audit trail accepts no events: ${said}`, {
    retryable: true,
    cause,
  });
}
