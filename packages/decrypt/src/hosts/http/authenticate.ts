// Callers of the HTTP service, verified by their JSON Web Tokens (RFC 7519, RFC 8725). I/O: the issuer's key set.
import {
  checkArrays,
  checkFunctions,
  checkObjects,
  isLoopback,
  type Named,
  refuseUnknownNames,
  type StringSyntax,
} from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from "jose";
import { callerOfClaims, checkClaims, type PrincipalClaim, unauthenticated } from "../claims.ts";
import type { Caller } from "../host-reader.ts";
import { remoteKeys } from "./remote-keys.ts";

export type { PrincipalClaim } from "../claims.ts";

/** Verifies the value of an Authorization header. Rejects with `UNAUTHENTICATED`, or retryable where it cannot tell. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

/** Where the issuer's public keys are: an `https:` URL, or the set itself. */
export type KeySet = { readonly url: string } | { readonly keys: JSONWebKeySet };

export interface JwtAuthenticationOptions {
  readonly issuer: string;
  readonly audience: string;
  /** JWS algorithms that are accepted, such as `ES256`; those with shared secrets never are. */
  readonly algorithms: readonly string[];
  readonly keySet: KeySet;
  /** The claim that names the principal; default `sub`, without a prefix. */
  readonly principal?: PrincipalClaim;
  /** The claim that names the purpose. */
  readonly purposeClaim?: string;
  /** The clock; default: the system's. */
  readonly now?: () => Date;
}

const optionNames: Readonly<Record<keyof JwtAuthenticationOptions, true>> = {
  issuer: true,
  audience: true,
  algorithms: true,
  keySet: true,
  principal: true,
  purposeClaim: true,
  now: true,
};
const ofTokens: Named = { what: "the options of tokens", names: optionNames, code: "CONFIG_INVALID" };

/** JWS algorithms that tokens may be signed with: asymmetric ones. */
export const algorithmName: StringSyntax = {
  pattern: /^(?:(?:RS|PS|ES)(?:256|384|512)|Ed25519|EdDSA)$/,
  says: "an asymmetric signature algorithm, such as ES256",
};
const clockTolerance = 5;

/**
 * Authenticates by bearer tokens: signature, `iss`, `aud` and `exp` are required, whatever else the token says.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without issuer and audience, for an algorithm that is not asymmetric, a key
 * set's URL without TLS away from this machine, what is no key set, or options that there are not.
 */
export function jwtAuthentication(options: JwtAuthenticationOptions): Authenticate {
  refuseUnknownNames(options, ofTokens);
  const { issuer, audience, algorithms, keySet, principal = { claim: "sub" }, purposeClaim, now } = options;
  checkClaims(principal, purposeClaim);
  checkArrays({ algorithms });
  checkObjects({ keySet });
  checkFunctions({ now });
  if (algorithms.length === 0 || !algorithms.every((algorithm) => algorithmName.pattern.test(algorithm))) {
    throw new FieldsealError("CONFIG_INVALID", "tokens need a list of asymmetric signature algorithms");
  }
  // Without a text jose checks none: a variable that is not set would let tokens of any issuer, for anybody, pass.
  if (![issuer, audience].every((name) => typeof name === "string" && name !== "")) {
    throw new FieldsealError("CONFIG_INVALID", "tokens need an issuer and audience");
  }
  const keys = keysOf(keySet);
  return async (authorization) => {
    const token = /^Bearer +([A-Za-z0-9._-]+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw unauthenticated();
    const verification = { issuer, audience, algorithms: [...algorithms], requiredClaims: ["exp"], clockTolerance };
    const dated = now === undefined ? {} : { currentDate: now() };
    try {
      const { payload } = await jwtVerify(token, keys, { ...verification, ...dated });
      return callerOfClaims(payload, principal, purposeClaim);
    } catch (cause) {
      throw cause instanceof FieldsealError ? cause : unauthenticated(cause);
    }
  };
}

function keysOf(keySet: KeySet): JWTVerifyGetKey {
  if ("keys" in keySet) return localKeys(keySet.keys);
  const url = URL.canParse(keySet.url) ? new URL(keySet.url) : null;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) {
    return remoteKeys(url);
  }
  throw new FieldsealError("CONFIG_INVALID", "a key set needs an https: URL");
}

function localKeys(keys: JSONWebKeySet): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(keys);
  } catch (cause) {
    throw new FieldsealError("CONFIG_INVALID", "the key set is no JSON Web Key Set", { cause });
  }
}
