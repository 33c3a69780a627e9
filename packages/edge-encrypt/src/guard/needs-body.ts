// Whether a guard must see the body of a request: what no rule is about passes unread, of any length, as it does at the
// edge. Pure.
import type { Policy } from "@fieldseal/core/policy";
import type { MessageHead } from "../request/message-head.ts";
import { coveredMethodsOf } from "../request/method-override.ts";
import { readsBody } from "../request/plan-body.ts";
import { routeOf } from "../request/route-of.ts";
import { type CheckOptions, headOf, inLowerCase, type OriginRequest } from "./check-request.ts";

/** Tells by a request's head alone whether its check needs the body; never throws. */
export type BodyNeed = (read: () => Omit<OriginRequest, "body">) => boolean;

/** The need of one guard, whichever of its policies the edge has. */
export function createBodyNeed(options: CheckOptions): BodyNeed {
  const { policy, previous = [], receiptKeys, originPath = "" } = options;
  return (read) => {
    try {
      const request = read();
      const head = headOf({ ...request, headers: inLowerCase(request.headers) }, originPath);
      return [policy, ...previous].some((one) => isAboutBody(one, head, receiptKeys !== undefined));
    } catch {
      // What is wrong with it, the check says.
      return true;
    }
  };
}

function isAboutBody(policy: Policy, head: MessageHead, isSigned: boolean): boolean {
  const match = routeOf(policy, head);
  if (match.kind !== "route") return match.kind === "method" && policy.onUncoveredMethod === "refuse";
  const [mediaType = "", another] = head.headers["content-type"] ?? [];
  // Two are refused where there is a body.
  return (
    isSigned ||
    another !== undefined ||
    readsBody({ route: match.route, coveredMethods: coveredMethodsOf(policy, match), mediaType })
  );
}
