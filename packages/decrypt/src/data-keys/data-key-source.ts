// Where data keys come from: the cache, a call that is under way already, or one call of the key that wraps them.
import { isUtf8 } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import type { UnwrappingKey } from "../keys/provider.ts";
import { createCallLimiter } from "./call-limiter.ts";
import { type CacheOptions, createDataKeyCache, type DataKeyCache } from "./data-key-cache.ts";
import { createRefusedCiphertexts } from "./refused-ciphertexts.ts";

/** One wrapped key and who unwraps it. */
export interface WrappedKey {
  /** `dataKeyId` */
  readonly id: string;
  readonly key: UnwrappingKey;
  readonly bytes: Uint8Array;
  /** False: what it holds is a value, and values are not kept; nor are they where somebody plants one as a data key. */
  readonly keep: boolean;
}

/** A secret for the time of one call; read only. */
export interface Lent {
  readonly bytes: Uint8Array;
  /** Gives it back and zeroes it; it must not be read after. */
  release(): void;
}

export interface DataKeySource {
  /** True where `unwrap` will need a call. */
  needsCall(id: string): boolean;
  /**
   * What `wrapped` holds, for so many records, to be given back after use; null where it does not unwrap.
   *
   * @throws {FieldsealError} `KMS_UNAVAILABLE`, `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE`; none of them is remembered.
   */
  unwrap(wrapped: WrappedKey, records?: number): Promise<Lent | null>;
  /** Zeroes what is held and what is lent, and gives up the calls under way. */
  close(): void;
  /**
   * @throws {FieldsealError} `DECRYPTOR_CLOSED` once what was lent is zeros; retryable for a call that is under way, since
   * that says nothing of its records.
   */
  refuseIfClosed(isUnderWay?: boolean): void;
}

export interface DataKeySourceOptions {
  readonly cache: CacheOptions | false;
  readonly maxConcurrentKmsCalls: number;
  /** Milliseconds that one data key may take, retries included. */
  readonly kmsTimeout: number;
  readonly now: () => number;
}

/** A call under way, how many wait for it, of whom the last one zeroes what it brought, and for how many records. */
interface Flight {
  readonly landed: Promise<Uint8Array | null>;
  waiting: number;
  records: number;
}

export function createDataKeySource(options: DataKeySourceOptions): DataKeySource {
  const cache: DataKeyCache | null = options.cache === false ? null : createDataKeyCache(options.cache, options.now);
  const refused = createRefusedCiphertexts(options.now);
  const limiter = createCallLimiter(options.maxConcurrentKmsCalls);
  const flights = new Map<string, Flight>();
  /** Gives up each call under way. */
  const underWay = new Set<() => void>();
  /** What calls have: each a copy of its own. */
  const lent = new Set<Uint8Array>();
  let isClosed = false;
  const lend = (copy: Uint8Array): Lent => {
    lent.add(copy);
    return {
      bytes: copy,
      release: () => {
        copy.fill(0);
        lent.delete(copy);
      },
    };
  };

  const takeOff = (wrapped: WrappedKey): Flight => {
    const { id, keep } = wrapped;
    const landed = limiter
      .run(() => call(wrapped, { underWay, isClosed, timeout: options.kmsTimeout }))
      .then((bytes) => {
        if (bytes === null) refused.add(id);
        else if (keep && !isClosed && !isUtf8(bytes)) cache?.keep(id, bytes, flight.records);
        return bytes;
      });
    const flight: Flight = { landed, waiting: 0, records: 0 };
    flights.set(id, flight);
    const leave = (): boolean => flights.delete(id);
    landed.then(leave, leave);
    return flight;
  };

  return {
    needsCall: (id) => cache?.has(id) !== true && !refused.has(id) && !flights.has(id),
    unwrap: async (wrapped, records = 1) => {
      const held = cache?.take(wrapped.id, records) ?? null;
      if (held !== null) return lend(held);
      if (refused.has(wrapped.id)) return null;
      const flight = flights.get(wrapped.id) ?? takeOff(wrapped);
      flight.waiting++;
      flight.records += records;
      const bytes = await flight.landed;
      const copy = bytes === null || isClosed ? null : lend(Uint8Array.from(bytes));
      if (--flight.waiting === 0) bytes?.fill(0);
      if (isClosed) throw unavailable(wrapped.key.kid);
      return copy;
    },
    close: () => {
      isClosed = true;
      for (const giveUp of underWay) giveUp();
      for (const copy of lent) copy.fill(0);
      lent.clear();
      cache?.clear();
      refused.clear();
    },
    refuseIfClosed: (isUnderWay = false) => {
      if (isClosed) throw new FieldsealError("DECRYPTOR_CLOSED", "the decryptor was closed", { retryable: isUnderWay });
    },
  };
}

interface CallOptions {
  /** Where a call leaves the way to give it up. */
  readonly underWay: Set<() => void>;
  readonly isClosed: boolean;
  readonly timeout: number;
}

/** Asks the key for as long as there is time. */
async function call(
  { key, bytes }: WrappedKey,
  { underWay, isClosed, timeout }: CallOptions,
): Promise<Uint8Array | null> {
  if (isClosed) throw unavailable(key.kid);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => {};
  // No listeners: there is one call for each data key, and they cost more than all else here.
  const over = new Promise<never>((_, reject) => {
    const end = (reason?: Error): void => {
      controller.abort(reason);
      reject(unavailable(key.kid));
    };
    giveUp = () => end();
    // Whoever is asked can tell time that ran out from a caller that went away.
    timer = setTimeout(() => end(new DOMException("no answer in time", "TimeoutError")), timeout);
  });
  underWay.add(giveUp);
  try {
    // What was read shares a pool with what was read beside it; a key may well transfer its bytes to a thread.
    const unwrapped = key.unwrap(new Uint8Array(bytes), controller.signal).then((secret) => {
      if (controller.signal.aborted) secret?.fill(0);
      return secret;
    });
    return await Promise.race([unwrapped, over]);
  } finally {
    clearTimeout(timer);
    underWay.delete(giveUp);
  }
}

function unavailable(kid: string): FieldsealError {
  const message = `the key "${kid}" did not answer in time`;
  return new FieldsealError("KMS_UNAVAILABLE", message, { kid, retryable: true });
}
