// Who a rule is for: a role, an ARN pattern, or a verified claim. Pure.
import { type Place, readString, wrong } from "../config/index.ts";

/** A principal as a host has verified it. */
export interface Identity {
  readonly principal?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export type PrincipalPattern = (identity: Identity) => boolean;

const claimSyntax = /^claim:([^=]{1,128})=(.{1,256})$/u;
const roleArn = /^(arn:[a-z-]+:iam::[0-9*]+:role\/)(?:.*\/)?([^/]+)$/;
const sessionArn = /^(arn:[a-z-]+):sts::([0-9*]+):assumed-role\/([^/]+)(?:\/(.*))?$/;

/**
 * Reads the principal of a rule: `*`, `claim:NAME=VALUE`, or a name or ARN; in values and names `*` stands for any
 * characters between `:` and `/`. ARNs of role sessions are matched as their role: whoever assumes a role chooses the
 * name of the session.
 *
 * @throws {FieldsealError} the place's code for the ARN of one session.
 */
export function readPrincipal(place: Place): PrincipalPattern {
  const text = readString(place, { pattern: /^.{1,512}$/u, says: "a principal" });
  if (text === "*") return ({ principal }) => principal !== undefined;
  const [, claim, value] = claimSyntax.exec(text) ?? [];
  if (claim !== undefined && value !== undefined) return ({ claims }) => hasClaim(claims, claim, patternOf(value));
  const session = sessionArn.exec(text)?.[4];
  if (session !== undefined && session !== "*") {
    throw wrong(place, "names one session of a role, which whoever assumes the role can choose; name the role");
  }
  const fitsPattern = patternOf(roleOf(text));
  return ({ principal }) => principal !== undefined && fitsPattern(roleOf(principal));
}

/** A role's ARN without its path, for the ARNs of a role and of its sessions; anything else as it is. */
function roleOf(principal: string): string {
  const [, partition, account, role] = sessionArn.exec(principal) ?? [];
  if (role !== undefined) return `${partition}:iam::${account}:role/${role}`;
  const [, start, name] = roleArn.exec(principal) ?? [];
  return name === undefined ? principal : `${start}${name}`;
}

function hasClaim(claims: Identity["claims"], name: string, fitsPattern: (value: string) => boolean): boolean {
  if (claims === undefined || !Object.hasOwn(claims, name)) return false;
  return [claims[name]].flat().some((value) => typeof value === "string" && fitsPattern(value));
}

/** A text in which `*` stands for any characters between `:` and `/`; whatever it is held against, in linear time. */
function patternOf(text: string): (value: string) => boolean {
  const wanted = partsOf(text).map((part) => part.split("*"));
  return (value) => {
    const parts = partsOf(value);
    return parts.length === wanted.length && parts.every((part, index) => fits(part, wanted[index]!));
  };
}

/** What stands between `:` and `/`, and each of these itself. */
function partsOf(text: string): string[] {
  return text.split(/([:/])/);
}

/** True where `part` has the `pieces` in their order, the first at its start and the last at its end. */
function fits(part: string, [first = "", ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return part === first;
  if (!part.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = part.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return part.length - last.length >= at && part.endsWith(last);
}
