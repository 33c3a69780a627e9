// Which routes of a policy each behavior of a distribution serves, by paths that stand for both. Pure.
import { matchRoute, type Policy, type Route } from "@fieldseal/core/policy";
import { pathWitnesses } from "../policy/witness.ts";
import { methodsWithBody } from "./check-forwarding.ts";
import { type Behavior, behaviorOf } from "./deployed-distribution.ts";
import { sharedPath } from "./path-overlap.ts";

/** The routes some of whose requests a behavior serves. */
export function servedRoutes(behaviors: readonly Behavior[], policy: Policy | null): Map<Behavior, Route[]> {
  const served = new Map<Behavior, Route[]>(behaviors.map((behavior) => [behavior, []]));
  for (const route of routesWithRules(policy)) {
    const shared = behaviors.slice(0, -1).map(({ pattern }) => sharedPath(pattern, route.path));
    const paths = [...pathWitnesses([route.path]), ...shared.filter((path) => path !== null)];
    const own = paths.filter((path) => isChosen(policy!, route, path));
    for (const behavior of new Set(own.map((path) => behaviorOf(behaviors, path)))) served.get(behavior)!.push(route);
  }
  return served;
}

/** Methods that the policy's routes need of each behavior that serves a path of theirs. */
export function wantedMethods(behaviors: readonly Behavior[], policy: Policy | null): Map<Behavior, string[]> {
  const wanted = new Map<Behavior, string[]>();
  for (const { path, methods } of routesWithRules(policy)) {
    // CloudFront allows all methods with bodies or none, so that a route for every method needs just these.
    const needed = methods === null ? methodsWithBody : [...methods];
    for (const witness of pathWitnesses([path])) {
      const behavior = behaviorOf(behaviors, witness);
      wanted.set(behavior, [...new Set([...(wanted.get(behavior) ?? []), ...needed])]);
    }
  }
  return wanted;
}

/** False where an earlier route takes every request of the path. */
function isChosen(policy: Policy, route: Route, path: string): boolean {
  return [...(route.methods ?? methodsWithBody)].some((method) => {
    try {
      const match = matchRoute(policy, method, path);
      return match.kind === "route" && match.route === route;
    } catch {
      // What is in doubt is not left out.
      return true;
    }
  });
}

/** A route without rules lets its requests pass, through the function or around it. */
function routesWithRules(policy: Policy | null): Route[] {
  return (policy?.routes ?? []).filter(
    ({ fields, query, headers, cookies }) => fields.length + query.length + headers.length + cookies.length > 0,
  );
}
