// Which headers an edge function may not touch (CloudFront guide, "Restrictions on edge functions": disallowed headers,
// and read-only ones in viewer or origin requests), and which no rule may. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { isReceiptHeader } from "../receipt/receipt.ts";

const disallowed = [
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "trailer",
  "upgrade",
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-amzn-auth",
  "x-amzn-cf-billing",
  "x-amzn-cf-id",
  "x-amzn-cf-xff",
  "x-amzn-errortype",
  "x-amzn-fle-profile",
  "x-amzn-header-count",
  "x-amzn-header-order",
  "x-amzn-lambda-integration-tag",
  "x-amzn-requestid",
  "x-cache",
  "x-forwarded-proto",
  "x-real-ip",
];
const disallowedPrefixes = ["x-amz-cf-", "x-edge-"];
const readOnly = [
  "accept-encoding",
  "content-length",
  "host",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "transfer-encoding",
  "via",
];
// Headers that say how the body is to be read; a cookie has rules of its own.
const structural = ["content-encoding", "content-type", "cookie"];
const refused: ReadonlySet<string> = new Set([...disallowed, ...readOnly, ...structural]);

/**
 * Refuses rules for headers that CloudFront keeps from functions, or that cannot be sealed.
 *
 * @throws {FieldsealError} `POLICY_INVALID` with the rule's pointer.
 */
export function refuseFixedHeaders(policy: Policy): void {
  for (const { of, pointer } of policy.routes.flatMap((route) => route.headers)) {
    const isFixed = refused.has(of) || disallowedPrefixes.some((prefix) => of.startsWith(prefix));
    if (!isFixed && !isReceiptHeader(of)) continue;
    const at = `${pointer}/header`;
    throw new FieldsealError("POLICY_INVALID", `${at}: an edge function cannot change this header`, { pointer: at });
  }
}
