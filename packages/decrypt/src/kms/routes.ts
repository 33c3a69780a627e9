// The ways to one key of KMS: its own Region first, then others, each behind circuit breakers. I/O through `call`.
import { FieldsealError } from "@fieldseal/core/errors";
import type { CircuitState } from "../keys/provider.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { isRefusal, keyError } from "./key-errors.ts";
import type { KmsTarget } from "./unwrap-with-kms.ts";

/** A key in one Region. */
export interface Route {
  readonly target: KmsTarget;
  readonly region: string;
  /** Of the Region, for all its keys: opens where KMS does not answer. */
  readonly regionCircuit: CircuitBreaker;
  /** Of this key there: opens where KMS answers that it may not or cannot be used. */
  readonly keyCircuit: CircuitBreaker;
  /** What KMS last answered of such a key. */
  answer: FieldsealError | null;
}

/** One call through a route; null where KMS did not take the ciphertext. */
export type Call = (target: KmsTarget, signal: AbortSignal) => Promise<Uint8Array | null>;

/**
 * Calls through the first route that can be asked.
 *
 * @throws {FieldsealError} `KMS_UNAVAILABLE` (retryable) where none could, `KMS_ACCESS_DENIED`, `KMS_KEY_UNUSABLE`.
 */
export async function callInOrder(
  routes: readonly Route[],
  { signal, failOverAfter }: { readonly signal: AbortSignal; readonly failOverAfter: number },
  call: Call,
): Promise<Uint8Array | null> {
  let failure: FieldsealError | null = null;
  for (const route of routes) {
    const isLast = route === routes.at(-1);
    const patience = isLast ? signal : AbortSignal.any([signal, AbortSignal.timeout(failOverAfter)]);
    try {
      return await callThrough(route, patience, call);
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      // The first Region's answer is the one to tell: it is where the key is at home.
      failure ??= error;
      if (!error.retryable || signal.aborted) throw failure;
    }
  }
  throw failure!;
}

/** What the circuits of a route come to. */
export function stateOf({ regionCircuit, keyCircuit }: Route): CircuitState {
  const states = [regionCircuit.state, keyCircuit.state];
  return states.find((state) => state === "open") ?? states.find((state) => state === "half-open") ?? "closed";
}

async function callThrough(route: Route, signal: AbortSignal, call: Call): Promise<Uint8Array | null> {
  const { target, regionCircuit, keyCircuit } = route;
  const leaveKey = keyCircuit.enter();
  if (leaveKey === null) throw route.answer!;
  const leaveRegion = regionCircuit.enter();
  if (leaveRegion === null) {
    leaveKey("unknown");
    throw notAsked(route);
  }
  const answered = <T>(value: T): T => {
    leaveRegion("answered");
    leaveKey("answered");
    return value;
  };
  try {
    return answered(await call(target, signal));
  } catch (error) {
    if (isRefusal(error)) return answered(null);
    const failure = error instanceof FieldsealError ? error : keyError(error, target.kid);
    if (failure.retryable) {
      leaveRegion(isGivenUp(signal) ? "unknown" : "failed");
      leaveKey("unknown");
    } else {
      leaveRegion("answered");
      leaveKey("failed");
      route.answer = failure;
    }
    throw failure;
  }
}

/** True where the caller went away; time that ran out is KMS's failure. */
function isGivenUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason as Error).name !== "TimeoutError";
}

function notAsked({ target: { kid }, region, regionCircuit: { retryAfter } }: Route): FieldsealError {
  const message = `KMS is not asked for the key "${kid}": it has failed in Region ${region} too often in a row`;
  return new FieldsealError("KMS_UNAVAILABLE", message, {
    kid,
    retryable: true,
    retryAfter,
    hint: `it is asked again in ${Math.ceil(retryAfter / 1000)} s`,
  });
}
