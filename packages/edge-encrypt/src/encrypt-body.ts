// The API for a body alone.
import type { Context } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import type { RequestFacts } from "./context.ts";
import { coveredMethodsOf } from "./request/plan-body.ts";
import { sealRequest } from "./request/seal-request.ts";

/** A request body and what routes look at. */
export interface BodyToEncrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** Default POST. */
  readonly method?: string;
  /** Path without query; default `/`. */
  readonly path?: string;
  /** Context values, for keys that the policy draws from headers or path and for keys of the caller's own. */
  readonly context?: Context;
}

/**
 * Seals the fields of a body that a policy selects; every other byte leaves as it came.
 *
 * @returns the new body, or the very same bytes where no rule selects anything or no route covers the request and the
 * policy forwards those.
 * @throws {FieldsealError} a code of docs/errors.md, groups body and edge; nothing is returned then.
 *
 * @example
 * ```ts
 * import { encryptBody, type parsePolicy } from "@fieldseal/edge-encrypt";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * const bytes = new TextEncoder().encode('{"ssn":"123-45-6789"}');
 * const sealed = await encryptBody({ bytes, mediaType: "application/json", path: "/v1/customers" }, policy);
 * ```
 */
export async function encryptBody(body: BodyToEncrypt, policy: Policy): Promise<Uint8Array> {
  return encryptBodySync(body, policy);
}

/**
 * The same as `encryptBody`, where nothing in the policy is asynchronous.
 *
 * @throws {FieldsealError} the codes of `encryptBody`.
 */
export function encryptBodySync(body: BodyToEncrypt, policy: Policy): Uint8Array {
  const { bytes, mediaType, method = "POST", path = "/", context: given = {} } = body;
  const match = matchRoute(policy, method, path);
  if (match.kind === "method") throw methodNotCovered();
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
    return bytes;
  }
  const facts: RequestFacts = { header: () => [], pathParams: match.pathParams, given };
  const { route } = match;
  const coveredMethods = coveredMethodsOf(policy, route);
  return sealRequest({
    ...{ bytes, mediaType, method, route, facts, coveredMethods, head: null },
    maxBodyBytes: route.limits.maxOutputBytes,
  }).bytes;
}

export function methodNotCovered(): FieldsealError {
  return new FieldsealError("METHOD_NOT_COVERED", "a body arrived with a method that no route of this path lists");
}

export function routeUnmatched(): FieldsealError {
  return new FieldsealError("ROUTE_UNMATCHED", "no route of the policy covers this request");
}
