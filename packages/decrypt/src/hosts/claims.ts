// Callers from verified claims. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Caller } from "./host-reader.ts";

/** Which claim names the principal, and what is put in front of it, such as `role:`. */
export interface PrincipalClaim {
  readonly claim: string;
  readonly prefix?: string;
}

/** A caller from verified claims. @throws `UNAUTHENTICATED` where the principal's claim is no single name. */
export function callerOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { claim, prefix = "" }: PrincipalClaim,
  purposeClaim?: string,
): Caller {
  const name = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof name !== "string" || !/^[\x21-\x7e]{1,256}$/.test(name)) throw unauthenticated();
  const purpose = purposeClaim !== undefined && Object.hasOwn(claims, purposeClaim) ? claims[purposeClaim] : undefined;
  return { principal: prefix + name, claims, ...(typeof purpose === "string" ? { purpose } : {}) };
}

export function unauthenticated(cause?: unknown): FieldsealError {
  return new FieldsealError("UNAUTHENTICATED", "no caller could be verified", { cause });
}
