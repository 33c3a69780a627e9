// An issuer's key set at its URL. Who sends tokens of invented keys is not verified yet: each such token may wait for a
// fetch, but must not cause one, nor may many of them take the places of others. I/O: fetch.
import { FieldsealError } from "@fieldseal/core/errors";
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";

export interface RemoteKeysOptions {
  /** Milliseconds for which nothing is fetched after a fetch that failed; default 5,000. */
  readonly holdFor?: number;
  /** Callers that may wait for a fetch at once; default 128, half of the requests that may be under way. */
  readonly maxWaiting?: number;
}

const timeoutDuration = 5000;
// After a fetch that went well, a key that is not in the set is asked for again only then.
const cooldownDuration = 30_000;
const cacheMaxAge = 600_000;

/**
 * The keys of a set that is fetched when it is needed: once for all who wait, and not again for a while. Rejects with
 * `KEY_SET_UNAVAILABLE`, or with what says something of the token.
 */
export function remoteKeys(url: URL, { holdFor = 5000, maxWaiting = 128 }: RemoteKeysOptions = {}): JWTVerifyGetKey {
  let heldUntil = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  const isHeld = (): boolean => performance.now() < heldUntil;
  const keys = createRemoteJWKSet(url, {
    timeoutDuration,
    cooldownDuration,
    cacheMaxAge,
    [customFetch]: async (...asked) => {
      if (isHeld()) throw keySetUnavailable();
      return fetch(...asked);
    },
  });
  return async (header, token) => {
    const isHere = (): boolean => keys.fresh && keys.jwks()?.keys.some(({ kid }) => kid === header.kid) === true;
    if (waiting >= maxWaiting && !isHere()) throw keySetUnavailable();
    waiting++;
    try {
      return await keys(header, token);
    } catch (error) {
      // Where the set is here, only the token's key can be at fault, as one that cannot be imported.
      if (isVerdict(error) || isHere()) throw error;
      if (!isHeld()) heldUntil = performance.now() + holdFor;
      throw keySetUnavailable(error);
    } finally {
      waiting--;
    }
  };
}

/** Whether an error says something about the token, not about the way to the keys. */
function isVerdict(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  // jose's own answer to a key set that is not JSON or has another status than 200 is its base class.
  return error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC";
}

function keySetUnavailable(cause?: unknown): FieldsealError {
  return new FieldsealError("KEY_SET_UNAVAILABLE", "the issuer's key set could not be fetched", {
    retryable: true,
    cause,
  });
}
