// Requests that no route covers: what the policy lets pass of them. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy, RouteMatch } from "@fieldseal/core/policy";

/** What of a policy, and of a request, there is to ask. */
export interface UncoveredRequest {
  readonly policy: Policy;
  /** True where a request with another method than routes list may hold values all the same. */
  readonly mayHoldValues: () => boolean;
}

/** @throws {FieldsealError} `ROUTE_UNMATCHED`, `METHOD_NOT_COVERED`. */
export function refuseUncovered(
  { kind }: Exclude<RouteMatch, { kind: "route" }>,
  { policy, mayHoldValues }: UncoveredRequest,
): void {
  if (kind === "none" && policy.onUnmatched === "reject") {
    throw new FieldsealError("ROUTE_UNMATCHED", "no route of the policy covers this request");
  }
  if (kind === "method" && policy.onUncoveredMethod === "refuse" && mayHoldValues()) {
    throw new FieldsealError("METHOD_NOT_COVERED", "a body arrived with a method that no route of this path lists");
  }
}
