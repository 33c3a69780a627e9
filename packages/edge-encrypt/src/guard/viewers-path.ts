// From the path that an origin gets to the viewer's, which routes are for. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { foldPath, otherFoldings } from "@fieldseal/core/policy";

/**
 * The viewer's path in the path that the origin got, behind the origin path where it begins with that.
 *
 * @throws {FieldsealError} `PATH_AMBIGUOUS` for what CloudFront never sends: a target that is no path, and one that only
 * some servers take to begin with the origin path.
 */
export function viewersPath(path: string, originPath: string): string {
  // Routers find the path in `http://host/path` as well; `*` is none.
  if (!path.startsWith("/") && path !== "*") throw ambiguous("the request's target is no path");
  if (originPath === "") return path;
  const prefix = foldPath(originPath).segments;
  const { segments } = foldPath(path);
  if (path.startsWith(`${originPath}/`)) {
    const rest = path.slice(originPath.length);
    // `/prod/../prod/v1` is not what stands behind `/prod`.
    if (segments.length === prefix.length + foldPath(rest).segments.length) return rest;
  } else if (
    ![segments, ...otherFoldings(path).readings].some((reading) => prefix.every((name, at) => name === reading[at]))
  ) {
    return path;
  }
  throw ambiguous("the path begins with another spelling of the origin path, or leads out of it");
}

function ambiguous(message: string): FieldsealError {
  return new FieldsealError("PATH_AMBIGUOUS", message);
}
