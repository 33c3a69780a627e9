// The route of a request: by its path, and by a path that a header puts in its place, as some frameworks have it. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy, type RouteMatch } from "@fieldseal/core/policy";
import type { MessageHead } from "./message-head.ts";

// Gateways hand `_` and `-` on as the same.
const pathHeader = /^(?:x[-_](?:original|rewrite)[-_]url|(?:x[-_])?script[-_]name|path[-_]info)$/;

/**
 * What covers a request.
 *
 * @throws {FieldsealError} `PATH_AMBIGUOUS` as `matchRoute`, and where a header names a path, and a route covers either.
 */
export function routeOf(policy: Policy, { method, uri, headers }: MessageHead): RouteMatch {
  const match = matchRoute(policy, method, uri);
  if (policy.onAmbiguousPath === "ignore") return match;
  for (const header in headers) {
    if (!pathHeader.test(header)) continue;
    const paths = headers[header]!.map((line) => line.trim().replace(/^[^/?]*:\/\/[^/?]*|\?.*$/gs, ""));
    // Gunicorn takes the script's name off the path.
    const read = paths.flatMap((path) => [path, uri.replace(path, "")]).map((path) => matchRoute(policy, method, path));
    if ([match, ...read].every(({ kind }) => kind === "none")) continue;
    throw new FieldsealError("PATH_AMBIGUOUS", "a header names a path by which some frameworks would route", {
      hint: "do not forward such headers",
    });
  }
  return match;
}
