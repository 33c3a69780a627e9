// What a behavior hands on of the headers, the query and the cookies that routes of the policy read. Pure.
import type { Route } from "@fieldseal/core/policy";
import { type Check, checksOf } from "./check.ts";
import { type Behavior, likenessTo } from "./deployed-distribution.ts";
import type { Forwarded } from "./forwarded.ts";

/** Methods whose bodies a function sees. */
export const methodsWithBody: readonly string[] = ["POST", "PUT", "PATCH", "DELETE"];

/** Headers, the query and cookies come to the function only where the behavior hands them on. */
export function checkForwarding({ pattern, forwards }: Behavior, routes: readonly Route[]): Check[] {
  const read = routes.flatMap((route) => [...contextHeaders(route), ...protectedParts(route)]);
  if (read.length === 0) return [];
  const dropped = forwards === null ? [] : read.filter((part) => !isHandedOn(part, forwards));
  const missing = [...new Set(dropped.map(({ kind, name }) => (kind === "query" ? "the query" : `${kind} ${name}`)))];
  const known = missing.length === 0 ? "all that routes read" : `without ${missing.join(", ")}`;
  return [
    checksOf(pattern)(
      "behavior-forwarding",
      missing.length === 0,
      forwards === null ? "by a policy of your own, which is not looked at" : known,
      `add an origin request policy such as AllViewerExceptHostHeader: routes of the policy read ${missing.join(", ")}`,
    ),
  ];
}

/** Can a request pass here with something that a rule of the route would protect? */
export function letsFieldsThrough({ methods, forwards }: Behavior, route: Route): boolean {
  const covered = methods.filter((method) => route.methods === null || route.methods.has(method));
  const beside = protectedParts(route).some((part) => forwards === null || isHandedOn(part, forwards));
  return covered.some((method) => beside || (route.fields.length > 0 && methodsWithBody.includes(method)));
}

/** A part of a request beside its body. */
interface Part {
  readonly kind: "header" | "cookie" | "query";
  readonly name: string;
}

/** What rules of a route stand for. */
function protectedParts({ query, headers, cookies }: Route): Part[] {
  return [
    ...headers.map(({ of }) => ({ kind: "header", name: of }) as const),
    ...(query.length > 0 ? [{ kind: "query", name: "" } as const] : []),
    ...cookies.map(({ of }) => ({ kind: "cookie", name: of }) as const),
  ];
}

function contextHeaders({ context }: Route): Part[] {
  return context.flatMap((source) => (source.from === "header" ? [{ kind: "header", name: source.header }] : []));
}

function isHandedOn({ kind, name }: Part, { headers, cookies, query }: Forwarded): boolean {
  if (kind === "query") return query;
  if (kind === "header") return headers === "all" || headers.includes(name);
  return cookies === "all" || cookies.some((listed) => likenessTo(listed)(name));
}
