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
  const pattern = patternOf(roleOf(text));
  return ({ principal }) => principal !== undefined && pattern.test(roleOf(principal));
}

/** A role's ARN without its path, for the ARNs of a role and of its sessions; anything else as it is. */
function roleOf(principal: string): string {
  const [, partition, account, role] = sessionArn.exec(principal) ?? [];
  if (role !== undefined) return `${partition}:iam::${account}:role/${role}`;
  const [, start, name] = roleArn.exec(principal) ?? [];
  return name === undefined ? principal : `${start}${name}`;
}

function hasClaim(claims: Identity["claims"], name: string, pattern: RegExp): boolean {
  if (claims === undefined || !Object.hasOwn(claims, name)) return false;
  return [claims[name]].flat().some((value) => typeof value === "string" && pattern.test(value));
}

function patternOf(text: string): RegExp {
  const escaped = text.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^:/]*")}$`, "u");
}
