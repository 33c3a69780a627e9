// Who may tokenize and detokenize what, how much of it, and how often: decided before any key is opened.
import { type Access, type AccessDocument, type Grant, grantsOf, parseAccess, type Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";

/** What is asked for. */
export type Operation = "tokenize" | "detokenize";

/** Counts what principals use. Several limiters stand behind each other: a rate for the minute, a budget for the day. */
export interface Limiter {
  /** True where `principal` may have `cost` more values now. */
  allow(principal: string, cost: number): Promise<boolean> | boolean;
}

/** Told of every refusal, never of a value: trying many values is how a small domain is searched. */
export interface TokenizerAlert {
  readonly operation: Operation;
  readonly code: "ACCESS_DENIED" | "RATE_LIMITED";
  readonly principal: string | undefined;
  readonly field: string;
  /** Values that were refused. */
  readonly count: number;
}

/** Rules for both operations, or for each: whoever writes tokens need not be able to read values. */
export type TokenizerAccess =
  | AccessDocument
  | { readonly tokenize: AccessDocument; readonly detokenize: AccessDocument };

export interface GateOptions {
  readonly access?: TokenizerAccess | undefined;
  readonly limits?: Limiter | readonly Limiter[] | undefined;
  readonly onAlert?: ((alert: TokenizerAlert) => void) | undefined;
}

/** One value's place and caller. */
export interface Claim {
  readonly who: Who;
  readonly field: string;
  readonly tenant: string;
}

export interface Gate {
  /** True where there is neither rule nor limit: everything passes. */
  readonly isOpen: boolean;
  /** What each claim is granted, or the error that refuses it; everything is counted against the limits once. */
  pass(operation: Operation, claims: readonly Claim[]): Promise<readonly (Grant | FieldsealError)[]>;
}

/** @throws {FieldsealError} `ACCESS_INVALID` */
export function createGate({ access, limits = [], onAlert }: GateOptions): Gate {
  const rules = rulesOf(access);
  const limiters = [limits].flat();
  return { isOpen: rules === null && limiters.length === 0, pass };

  async function pass(operation: Operation, claims: readonly Claim[]): Promise<readonly (Grant | FieldsealError)[]> {
    const results: (Grant | FieldsealError)[] = claims.map((claim) => decide(operation, claim));
    if (limiters.length > 0) {
      const counts = new Map<string, number>();
      for (const [i, { who }] of claims.entries()) {
        if (results[i] instanceof FieldsealError) continue;
        counts.set(nameOf(who), (counts.get(nameOf(who)) ?? 0) + 1);
      }
      const refused = new Set<string>();
      for (const [principal, cost] of counts) if (!(await allowed(principal, cost))) refused.add(principal);
      for (const [i, { who }] of claims.entries()) {
        if (!(results[i] instanceof FieldsealError) && refused.has(nameOf(who))) results[i] = limited();
      }
    }
    if (onAlert !== undefined) alert(operation, claims, results);
    return results;
  }

  function decide(operation: Operation, { who, field, tenant }: Claim): Grant | FieldsealError {
    if (rules === null) return "full";
    const context: Record<string, string> = tenant === "" ? {} : { tenant };
    const grant = grantsOf(rules[operation], { who, context, requireBoundContext: false })(field);
    // A mask of a token would be none, and whoever tokenizes at will can find the whole value.
    const passes = operation === "tokenize" ? grant === "full" : grant !== "none";
    return passes ? grant : denied(operation, field);
  }

  async function allowed(principal: string, cost: number): Promise<boolean> {
    for (const limiter of limiters) if (!(await limiter.allow(principal, cost))) return false;
    return true;
  }

  function alert(operation: Operation, claims: readonly Claim[], results: readonly unknown[]): void {
    const alerts = new Map<string, TokenizerAlert>();
    for (const [i, { who, field }] of claims.entries()) {
      const result = results[i];
      if (!(result instanceof FieldsealError)) continue;
      const name = JSON.stringify([who.principal, field, result.code]);
      const code = result.code === "RATE_LIMITED" ? "RATE_LIMITED" : "ACCESS_DENIED";
      const count = (alerts.get(name)?.count ?? 0) + 1;
      alerts.set(name, { operation, code, principal: who.principal, field, count });
    }
    for (const one of alerts.values()) onAlert?.(one);
  }
}

function rulesOf(access: TokenizerAccess | undefined): Readonly<Record<Operation, Access>> | null {
  if (access === undefined) return null;
  if ("rules" in access) {
    const both = parseAccess(access);
    return { tokenize: both, detokenize: both };
  }
  return { tokenize: parseAccess(access.tokenize), detokenize: parseAccess(access.detokenize) };
}

/** Callers without a principal share one bucket. */
function nameOf(who: Who): string {
  return who.principal ?? "";
}

function denied(operation: Operation, field: string): FieldsealError {
  return new FieldsealError("ACCESS_DENIED", `the access rules do not let this caller ${operation} this field`, {
    field,
  });
}

function limited(): FieldsealError {
  return new FieldsealError("RATE_LIMITED", "the caller has used up what it may have for now", { retryable: true });
}
