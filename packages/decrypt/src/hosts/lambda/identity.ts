// Who calls a Lambda function: an invocation says nothing about it, API Gateway's request context does. Pure.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { callerOfClaims, checkClaims, type PrincipalClaim, unauthenticated } from "../claims.ts";
import type { Caller } from "../host-reader.ts";

/**
 * Where the caller comes from. `caller`: everybody who may invoke the function is this one. `api-gateway-iam` and
 * `api-gateway-jwt`: API Gateway has verified it; let API Gateway alone invoke the function, since whoever else may
 * can write such an event.
 */
export type LambdaIdentity =
  | { readonly from: "configuration"; readonly caller: Caller }
  | { readonly from: "api-gateway-iam"; readonly purpose?: string }
  | { readonly from: "api-gateway-jwt"; readonly principal: PrincipalClaim; readonly purposeClaim?: string };

type Members = Readonly<Record<string, unknown>>;

const sessionArn = /^(arn:[a-z-]+):sts::([0-9]{12}):assumed-role\/([^/]+)\/[^/]+$/;

const identityNames = { from: true, caller: true, purpose: true, principal: true, purposeClaim: true } as const;
const ofIdentity: Named = { what: "an identity", names: identityNames, code: "CONFIG_INVALID" };

/** @throws {FieldsealError} `CONFIG_INVALID` for an identity that would name nobody, whatever comes. */
export function checkIdentity(identity: LambdaIdentity): void {
  refuseUnknownNames(identity, ofIdentity);
  const names: readonly [LambdaIdentity["from"], unknown][] = [
    ["configuration", (identity as Partial<{ readonly caller: Caller }>).caller?.principal],
    ["api-gateway-iam", "its ARN"],
    ["api-gateway-jwt", (identity as Partial<{ readonly principal: PrincipalClaim }>).principal?.claim],
  ];
  const [, name] = names.find(([from]) => from === identity.from) ?? [];
  if (typeof name === "string" && name !== "") {
    if (identity.from === "api-gateway-jwt") checkClaims(identity.principal, identity.purposeClaim);
    return;
  }
  throw new FieldsealError("CONFIG_INVALID", "identity names nobody", {
    hint: "from: configuration with a caller, api-gateway-iam, or api-gateway-jwt with the claim of the principal",
  });
}

/** @throws {FieldsealError} `UNAUTHENTICATED` where the event has no such identity. */
export function callerOf(event: unknown, identity: LambdaIdentity): Caller {
  if (identity.from === "configuration") return identity.caller;
  const context = member(event, "requestContext");
  return identity.from === "api-gateway-iam" ? iamCaller(context, identity) : jwtCaller(context, identity);
}

/** HTTP APIs: authorizer.iam.userArn; REST APIs: identity.userArn. A role's session counts as the role. */
function iamCaller(context: Members, { purpose }: { readonly purpose?: string }): Caller {
  const arn = member(member(context, "authorizer"), "iam").userArn ?? member(context, "identity").userArn;
  if (typeof arn !== "string" || !arn.startsWith("arn:")) throw unauthenticated();
  const [, partition, account, role] = sessionArn.exec(arn) ?? [];
  const principal = role === undefined ? arn : `${partition}:iam::${account}:role/${role}`;
  return { principal, ...(purpose === undefined ? {} : { purpose }) };
}

/** HTTP APIs: authorizer.jwt.claims; REST APIs with Cognito: authorizer.claims. */
function jwtCaller(
  context: Members,
  { principal, purposeClaim }: { readonly principal: PrincipalClaim; readonly purposeClaim?: string },
): Caller {
  const authorizer = member(context, "authorizer");
  const claims = { ...member(authorizer, "claims"), ...member(member(authorizer, "jwt"), "claims") };
  return callerOfClaims(claims, principal, purposeClaim);
}

function member(value: unknown, name: string): Members {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return {};
  const found = (value as Members)[name];
  return typeof found === "object" && found !== null ? (found as Members) : {};
}
