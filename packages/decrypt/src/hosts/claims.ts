// Callers from verified claims. Pure.
import { checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Caller } from "./host-reader.ts";

/** Which claim names the principal, and what is put in front of it, such as `role:`. */
export interface PrincipalClaim {
  readonly claim: string;
  readonly prefix?: string;
}

const claimNames: Readonly<Record<keyof PrincipalClaim, true>> = { claim: true, prefix: true };
const ofClaim: Named = { what: "the claim of the principal", names: claimNames, code: "CONFIG_INVALID" };

/**
 * Without its prefix, such as `role:`, a name may be any principal's.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for claims without a name, and a prefix that is no text.
 */
export function checkClaims(principal: PrincipalClaim, purposeClaim: string | undefined): void {
  refuseUnknownNames(principal, ofClaim);
  checkTexts({ "the claim of the principal": principal.claim });
  if (purposeClaim !== undefined) checkTexts({ purposeClaim });
  if (typeof (principal.prefix ?? "") === "string" && principal.prefix !== null) return;
  throw new FieldsealError("CONFIG_INVALID", "the prefix of the principal must be a text");
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
