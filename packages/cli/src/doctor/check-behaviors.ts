// Every way to the protected origins leads through the function, with the body. Pure.
import type { Policy } from "@fieldseal/core/policy";
import { type Check, checksOf } from "./check.ts";
import { checkForwarding, letsFieldsThrough } from "./check-forwarding.ts";
import type { Behavior } from "./deployed-distribution.ts";
import { type DeployedFunction, type EdgeEvent, qualifierOf, regionOfFunction } from "./deployed-function.ts";
import { servedRoutes, wantedMethods } from "./served-routes.ts";

export interface BehaviorOptions {
  readonly event: EdgeEvent;
  /** The function whose very version must be associated; null: any numbered version, the same everywhere. */
  readonly deployed: DeployedFunction | null;
  /** Routes whose paths and methods the behaviors must serve. */
  readonly policy: Policy | null;
}

/** Holds the behaviors that reach a protected origin, and those that serve a route of the policy. */
export function checkBehaviors(behaviors: readonly Behavior[], options: BehaviorOptions): Check[] {
  const { event, policy } = options;
  const wanted = wantedMethods(behaviors, policy);
  const routes = servedRoutes(behaviors, policy);
  const arn = arnOfOurs(behaviors, options);
  const isOurs = isVersionOf(arn);
  // An origin is protected where the function is associated with some way to it, whatever its version.
  const protectedDomains = new Set(
    behaviors.flatMap(({ functions, domains }) => (functions.some((one) => isOurs(one.arn)) ? domains : [])),
  );
  const concerned = behaviors.filter(
    (behavior) =>
      wanted.has(behavior) ||
      behavior.domains.some((domain) => protectedDomains.has(domain)) ||
      (routes.get(behavior) ?? []).some((route) => letsFieldsThrough(behavior, route)),
  );
  if (concerned.length === 0) {
    const hint = `associate the function with ${event} on every behavior that reaches the origin`;
    return [checksOf("distribution")("behavior-function", false, "no behavior has the function", hint)];
  }
  return concerned.flatMap((behavior) => [
    ...checkBehavior(behavior, { arn, event, methods: wanted.get(behavior) ?? [] }),
    ...(event === "origin-request" ? checkForwarding(behavior, routes.get(behavior) ?? []) : []),
  ]);
}

/** The behaviors that the function stands in front of. */
export function behaviorsOfFunction(behaviors: readonly Behavior[], options: BehaviorOptions): Behavior[] {
  const isOurs = isVersionOf(arnOfOurs(behaviors, options));
  return behaviors.filter(({ functions }) =>
    functions.some(({ arn, event }) => event === options.event && isOurs(arn)),
  );
}

/** The ARN of the function, or of the one that is on the way to the policy's routes: a site may have others elsewhere. */
function arnOfOurs(behaviors: readonly Behavior[], { event, deployed, policy }: BehaviorOptions): string | null {
  const wanted = [...wantedMethods(behaviors, policy).keys()];
  return deployed?.arn ?? firstArn(wanted, event) ?? firstArn(behaviors, event);
}

function isVersionOf(arn: string | null): (candidate: string) => boolean {
  return (candidate) => arn !== null && withoutQualifier(candidate) === withoutQualifier(arn);
}

function checkBehavior(
  { pattern, functions, methods: allowed, viewerProtocol, grpc }: Behavior,
  {
    arn,
    event,
    methods,
  }: { readonly arn: string | null; readonly event: EdgeEvent; readonly methods: readonly string[] },
): Check[] {
  const check = checksOf(pattern);
  const association = functions.find((one) => one.event === event);
  const missing = methods.filter((method) => !allowed.includes(method));
  const others = functions.map((one) => one.event).join(", ");
  return [
    check(
      "behavior-function",
      association !== undefined,
      association?.event ?? (others === "" ? "no function" : `only ${others}`),
      `associate the function with ${event}: through this behavior fields reach the origin in clear`,
    ),
    ...(association === undefined
      ? []
      : [
          check(
            "behavior-version",
            association.arn === arn && isNumberedIn(arn),
            association.arn,
            isNumberedIn(arn) && association.arn !== arn
              ? `associate ${arn}`
              : "associate a numbered version in us-east-1, and give --function of that very version",
          ),
          check(
            "behavior-body",
            association.includeBody,
            association.includeBody ? "included" : "not included",
            "set IncludeBody to true: without it every request with a body is refused (BODY_NOT_EXPOSED)",
          ),
        ]),
    check("behavior-grpc", !grpc, grpc ? "on" : "off", "switch gRPC off: it does not pass through Lambda@Edge"),
    check(
      "behavior-protocol",
      ["https-only", "redirect-to-https"].includes(viewerProtocol),
      viewerProtocol,
      "set the viewer protocol policy to https-only",
    ),
    check(
      "behavior-methods",
      missing.length === 0,
      allowed.join(","),
      `allow ${missing.join(", ")}: a route of the policy covers them here`,
    ),
  ];
}

function firstArn(behaviors: readonly Behavior[], event: EdgeEvent): string | null {
  return behaviors.flatMap(({ functions }) => functions.filter((one) => one.event === event))[0]?.arn ?? null;
}

function isNumberedIn(arn: string | null): boolean {
  return arn !== null && /^[0-9]+$/.test(qualifierOf(arn) ?? "") && regionOfFunction(arn) === "us-east-1";
}

function withoutQualifier(arn: string): string {
  return arn.split(":").slice(0, 7).join(":");
}
