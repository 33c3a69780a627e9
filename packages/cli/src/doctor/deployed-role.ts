// The function's role as `aws iam get-role` prints it: whom it trusts. Pure.
import { listAt, objectAt, textAt, textsAt, valueAt } from "./aws-json.ts";
import { type Check, checksOf } from "./check.ts";
import type { DeployedFunction } from "./deployed-function.ts";

/** A role, as far as the checks look at it. */
export interface DeployedRole {
  readonly arn: string;
  /** Services that may assume the role, as far as no condition says otherwise. */
  readonly services: readonly string[];
  /** True where the trust policy has conditions, which are not looked at. */
  readonly conditional: boolean;
}

const needed = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"];

/** Reads the output of get-role. @throws {FieldsealError} `CONFIG_INVALID`. */
export function readRole(document: unknown): DeployedRole {
  const command = "aws iam get-role";
  const role = objectAt(document, command, "Role");
  const trust = objectAt({ trust: policyDocument(valueAt(role, "AssumeRolePolicyDocument")) }, command, "trust");
  const statements = Array.isArray(trust.Statement) ? listAt(trust, "Statement") : [trust.Statement];
  const concerned = statements.filter((statement) =>
    textsAt(statement, "Action").some((action) => ["sts:AssumeRole", "sts:*", "*"].includes(action)),
  );
  const named = (effect: string): string[] =>
    concerned
      .filter((statement) => textAt(statement, "Effect") === effect)
      .flatMap((statement) => textsAt(statement, "Principal", "Service"));
  const denied = named("Deny");
  return {
    arn: textAt(role, "Arn"),
    services: named("Allow").filter((service) => !denied.includes(service)),
    conditional: concerned.some((statement) => valueAt(statement, "Condition") !== undefined),
  };
}

/** Holds a role to what Lambda@Edge needs of it. */
export function checkRole(role: DeployedRole, deployed: DeployedFunction | null): Check[] {
  const check = checksOf(role.arn.split("/").at(-1) || "role");
  const missing = needed.filter((service) => !role.services.includes(service));
  const trust = check(
    "role-trust",
    missing.length === 0,
    `${role.services.join(", ") || "no service"}${role.conditional ? ", on conditions, which are not looked at" : ""}`,
    `let ${missing.join(" and ")} assume the role (sts:AssumeRole in its trust policy)`,
  );
  if (deployed === null) return [trust];
  return [
    trust,
    check("role-of-function", role.arn === deployed.role, role.arn, `give the role of the function: ${deployed.role}`),
  ];
}

/** The API answers with percent-encoded JSON, the command line with JSON. */
function policyDocument(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(decodeURIComponent(value));
  } catch {
    return undefined;
  }
}
