// Every way to the protected origins leads through the function, with the body. Pure.
import type { Policy } from "@fieldseal/core/policy";
import { pathWitnesses } from "../policy/witness.ts";
import { type Check, checksOf } from "./check.ts";
import { type Behavior, behaviorOf } from "./deployed-distribution.ts";
import { type DeployedFunction, type EdgeEvent, qualifierOf, regionOfFunction } from "./deployed-function.ts";

export interface BehaviorOptions {
  readonly event: EdgeEvent;
  /** The function whose very version must be associated; null: any numbered version, the same everywhere. */
  readonly deployed: DeployedFunction | null;
  /** Routes whose paths and methods the behaviors must serve. */
  readonly policy: Policy | null;
}

const bodyMethods = ["POST", "PUT", "PATCH", "DELETE"];

/** Holds the behaviors that reach a protected origin, and those that serve a route of the policy. */
export function checkBehaviors(behaviors: readonly Behavior[], options: BehaviorOptions): Check[] {
  const { event, deployed, policy } = options;
  const wanted = wantedMethods(behaviors, policy);
  const readers = behaviorsThatRead(behaviors, policy);
  // A site may have functions of its own elsewhere: ours is on the way to the policy's routes.
  const arn = deployed?.arn ?? firstArn([...wanted.keys()], event) ?? firstArn(behaviors, event);
  const isOurs = (candidate: string): boolean => arn !== null && withoutQualifier(candidate) === withoutQualifier(arn);
  // An origin is protected where the function is associated with some way to it, whatever its version.
  const protectedDomains = new Set(
    behaviors.flatMap(({ functions, domains }) => (functions.some((one) => isOurs(one.arn)) ? domains : [])),
  );
  const concerned = behaviors.filter(
    (behavior) => wanted.has(behavior) || behavior.domains.some((domain) => protectedDomains.has(domain)),
  );
  if (concerned.length === 0) {
    const hint = `associate the function with ${event} on every behavior that reaches the origin`;
    return [checksOf("distribution")("behavior-function", false, "no behavior has the function", hint)];
  }
  return concerned.flatMap((behavior) => [
    ...checkBehavior(behavior, { arn, event, methods: wanted.get(behavior) ?? [] }),
    ...(event === "origin-request" && readers.has(behavior) ? [checkForwarding(behavior)] : []),
  ]);
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
  const isNumbered = association !== undefined && /^[0-9]+$/.test(qualifierOf(association.arn) ?? "");
  const isInRegion = association !== undefined && regionOfFunction(association.arn) === "us-east-1";
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
            association.arn === arn && isNumbered && isInRegion,
            association.arn,
            arn === null || association.arn === arn ? "associate a numbered version in us-east-1" : `associate ${arn}`,
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

function checkForwarding({ pattern, forwards }: Behavior): Check {
  return checksOf(pattern)(
    "behavior-forwarding",
    forwards,
    forwards ? "by policy" : "no header, query or cookie",
    "add an origin request policy such as AllViewerExceptHostHeader: a route of the policy reads headers, the query or cookies here",
  );
}

/** Behaviors that serve a route with context of a header, or with rules for the query, headers or cookies. */
function behaviorsThatRead(behaviors: readonly Behavior[], policy: Policy | null): Set<Behavior> {
  const reading = (policy?.routes ?? []).filter(
    ({ context, query, headers, cookies }) =>
      query.length + headers.length + cookies.length > 0 || context.some(({ from }) => from === "header"),
  );
  return new Set(reading.flatMap(({ path }) => pathWitnesses([path]).map((witness) => behaviorOf(behaviors, witness))));
}

/** Methods that the policy's routes need of each behavior that serves a path of theirs. */
function wantedMethods(behaviors: readonly Behavior[], policy: Policy | null): Map<Behavior, string[]> {
  const wanted = new Map<Behavior, string[]>();
  for (const { path, methods } of policy?.routes ?? []) {
    // CloudFront allows all methods with bodies or none, so that a route for every method needs just these.
    const needed = methods === null ? bodyMethods : [...methods];
    for (const witness of pathWitnesses([path])) {
      const behavior = behaviorOf(behaviors, witness);
      wanted.set(behavior, [...new Set([...(wanted.get(behavior) ?? []), ...needed])]);
    }
  }
  return wanted;
}

function firstArn(behaviors: readonly Behavior[], event: EdgeEvent): string | null {
  return behaviors.flatMap(({ functions }) => functions.filter((one) => one.event === event))[0]?.arn ?? null;
}

function withoutQualifier(arn: string): string {
  return arn.split(":").slice(0, 7).join(":");
}
