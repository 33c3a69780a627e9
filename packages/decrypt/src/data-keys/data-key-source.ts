// Where data keys come from: the cache, a call that is under way already, or one call of the key that wraps them.
import { FieldsealError } from "@fieldseal/core/errors";
import type { UnwrappingKey } from "../keys/provider.ts";
import { type CallLimiter, createCallLimiter } from "./call-limiter.ts";
import { type CacheOptions, createDataKeyCache, type DataKeyCache } from "./data-key-cache.ts";
import { createRefusedCiphertexts } from "./refused-ciphertexts.ts";

/** One wrapped key and who unwraps it. */
export interface WrappedKey {
  /** `dataKeyId` */
  readonly id: string;
  readonly key: UnwrappingKey;
  readonly bytes: Uint8Array;
  /** False: what it holds is a value, and values are not kept. */
  readonly keep: boolean;
}

export interface DataKeySource {
  /** True where `unwrap` will need a call. */
  needsCall(id: string): boolean;
  /**
   * What `wrapped` holds, in bytes of the caller's own, to be zeroed after use; null where it does not unwrap.
   *
   * @throws {FieldsealError} `KMS_UNAVAILABLE`, `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE`; none of them is remembered.
   */
  unwrap(wrapped: WrappedKey): Promise<Uint8Array | null>;
  /** Zeroes what is held and gives up the calls under way. */
  close(): void;
}

export interface DataKeySourceOptions {
  readonly cache: CacheOptions | false;
  readonly maxConcurrentKmsCalls: number;
  /** Milliseconds that one data key may take, retries included. */
  readonly kmsTimeout: number;
  readonly now: () => number;
}

/** A call under way and how many wait for it; the last one zeroes what it brought. */
interface Flight {
  readonly landed: Promise<Uint8Array | null>;
  waiting: number;
}

export function createDataKeySource(options: DataKeySourceOptions): DataKeySource {
  const cache: DataKeyCache | null = options.cache === false ? null : createDataKeyCache(options.cache, options.now);
  const refused = createRefusedCiphertexts(options.now);
  const limiter = createCallLimiter(options.maxConcurrentKmsCalls);
  const flights = new Map<string, Flight>();
  const closed = new AbortController();

  const takeOff = (wrapped: WrappedKey): Flight => {
    const { id, keep } = wrapped;
    const landed = call(wrapped, { limiter, closed: closed.signal, timeout: options.kmsTimeout }).then((bytes) => {
      if (bytes === null) refused.add(id);
      else if (keep && !closed.signal.aborted) cache?.keep(id, bytes);
      return bytes;
    });
    const flight = { landed, waiting: 0 };
    flights.set(id, flight);
    const leave = (): boolean => flights.delete(id);
    landed.then(leave, leave);
    return flight;
  };

  return {
    needsCall: (id) => cache?.has(id) !== true && !refused.has(id) && !flights.has(id),
    unwrap: async (wrapped) => {
      const held = cache?.take(wrapped.id) ?? null;
      if (held !== null) return held;
      if (refused.has(wrapped.id)) return null;
      const flight = flights.get(wrapped.id) ?? takeOff(wrapped);
      flight.waiting++;
      const bytes = await flight.landed;
      const own = bytes === null ? null : Uint8Array.from(bytes);
      if (--flight.waiting === 0) bytes?.fill(0);
      return own;
    },
    close: () => {
      closed.abort();
      cache?.clear();
      refused.clear();
    },
  };
}

interface CallOptions {
  readonly limiter: CallLimiter;
  readonly closed: AbortSignal;
  readonly timeout: number;
}

/** Asks the key once it is its turn, for as long as there is time. */
function call({ key, bytes }: WrappedKey, { limiter, closed, timeout }: CallOptions): Promise<Uint8Array | null> {
  return limiter.run(async () => {
    const controller = new AbortController();
    const giveUp = (): void => controller.abort();
    // Whoever is asked can tell time that ran out from a caller that went away.
    const timer = setTimeout(() => controller.abort(new DOMException("no answer in time", "TimeoutError")), timeout);
    closed.addEventListener("abort", giveUp);
    const over = new Promise<never>((_, reject) => {
      controller.signal.addEventListener("abort", () => reject(unavailable(key.kid)));
    });
    if (closed.aborted) giveUp();
    try {
      const unwrapped = key.unwrap(bytes, controller.signal).then((secret) => {
        if (controller.signal.aborted) secret?.fill(0);
        return secret;
      });
      return await Promise.race([unwrapped, over]);
    } finally {
      clearTimeout(timer);
      closed.removeEventListener("abort", giveUp);
    }
  });
}

function unavailable(kid: string): FieldsealError {
  const message = `the key "${kid}" did not answer in time`;
  return new FieldsealError("KMS_UNAVAILABLE", message, { kid, retryable: true });
}
