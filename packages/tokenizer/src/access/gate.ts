// Who may tokenize and detokenize what, how much of it, and how often: decided before any key is opened.
import { type Access, type AccessDocument, type Grant, grantsOf, parseAccess, type Who } from "@fieldseal/core/access";
import { checkFunctions, checkObjects, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";

/** What is asked for. */
export type Operation = "tokenize" | "detokenize";

/** Counts what principals use. Several limiters stand behind each other: a rate for the minute, a budget for the day. */
export interface Limiter {
  /** Most values at once, where there is such a bound: more of them are never allowed. */
  readonly burst?: number;
  /** True where `principal` may have `cost` more values now. */
  allow(principal: string, cost: number): Promise<boolean> | boolean;
  /** Gives back what `allow` counted for a call that a limiter behind this one refused; without it, that stays counted. */
  giveBack?(principal: string, cost: number): Promise<void> | void;
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

const ofAccess: Named = { what: "access", names: { tokenize: true, detokenize: true }, code: "ACCESS_INVALID" };

/** @throws {FieldsealError} `ACCESS_INVALID` */
export function createGate({ access, limits = [], onAlert }: GateOptions): Gate {
  const rules = rulesOf(access);
  const limiters = [limits].flat();
  for (const limiter of limiters) checkFunctions({ "allow of a limit": limiter?.allow ?? null });
  return { isOpen: rules === null && limiters.length === 0, pass };

  async function pass(operation: Operation, claims: readonly Claim[]): Promise<readonly (Grant | FieldsealError)[]> {
    const results: (Grant | FieldsealError)[] = rules === null ? claims.map(() => "full") : decide(operation, claims);
    if (limiters.length > 0) {
      // By caller, not by principal: those who meet in one turn need not pass together, nor fail together.
      const counts = new Map<Who, number>();
      for (const [i, { who }] of claims.entries()) {
        if (!(results[i] instanceof FieldsealError)) counts.set(who, (counts.get(who) ?? 0) + 1);
      }
      const refused = new Map<Who, FieldsealError>();
      const asking = [...counts].map(async ([who, cost]) => {
        const error = await limited(who, cost);
        if (error !== null) refused.set(who, error);
      });
      await Promise.all(asking);
      for (const [i, { who }] of claims.entries()) {
        if (!(results[i] instanceof FieldsealError)) results[i] = refused.get(who) ?? results[i]!;
      }
    }
    if (onAlert !== undefined) alert(operation, claims, results);
    return results;
  }

  /** Rules are gone through once for each caller and tenant: there may be many of both. */
  function decide(operation: Operation, claims: readonly Claim[]): (Grant | FieldsealError)[] {
    const asked = new Map<Who, Map<string, (field: string) => Grant>>();
    return claims.map(({ who, field, tenant }) => {
      const ofCaller = asked.get(who) ?? new Map<string, (field: string) => Grant>();
      asked.set(who, ofCaller);
      const context: Record<string, string> = tenant === "" ? {} : { tenant };
      const grants = ofCaller.get(tenant) ?? grantsOf(rules![operation], { who, context, requireBoundContext: false });
      ofCaller.set(tenant, grants);
      const grant = grants(field);
      // A mask of a token would be none, and whoever tokenizes at will can find the whole value.
      const passes = operation === "tokenize" ? grant === "full" : grant !== "none";
      return passes ? grant : denied(operation, field);
    });
  }

  /** Why a caller may not have `cost` values now, or null; a limiter's own failure is that caller's as well. */
  async function limited(who: Who, cost: number): Promise<FieldsealError | null> {
    const passed: Limiter[] = [];
    try {
      for (const limiter of limiters) {
        if (!(await limiter.allow(nameOf(who), cost))) throw rateLimited(cost, limiter);
        passed.push(limiter);
      }
      return null;
    } catch (error) {
      // Without this, repeating what the day's budget refuses would use up the rate as well. Where a store fails here,
      // what it holds comes back with time.
      await Promise.allSettled(passed.map(async (limiter) => limiter.giveBack?.(nameOf(who), cost)));
      if (error instanceof FieldsealError) return error;
      const message = "a limit could not be asked; nothing is given out";
      return new FieldsealError("RATE_STORE_UNAVAILABLE", message, { retryable: true, cause: error });
    }
  }

  function alert(operation: Operation, claims: readonly Claim[], results: readonly unknown[]): void {
    const alerts = new Map<string, TokenizerAlert>();
    for (const [i, { who, field }] of claims.entries()) {
      const result = results[i];
      if (!(result instanceof FieldsealError)) continue;
      const { code } = result;
      if (code !== "RATE_LIMITED" && code !== "ACCESS_DENIED") continue;
      const name = JSON.stringify([who.principal, field, code]);
      const count = (alerts.get(name)?.count ?? 0) + 1;
      alerts.set(name, { operation, code, principal: who.principal, field, count });
    }
    for (const one of alerts.values()) onAlert?.(one);
  }
}

function rulesOf(access: TokenizerAccess | undefined): Readonly<Record<Operation, Access>> | null {
  if (access === undefined) return null;
  checkObjects({ access });
  if ("rules" in access) {
    const both = parseAccess(access);
    return { tokenize: both, detokenize: both };
  }
  refuseUnknownNames(access, ofAccess);
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

/** What even a full bucket does not hold will never pass: whoever tries it again until it does would try for ever. */
function rateLimited(cost: number, { burst = Number.POSITIVE_INFINITY }: Limiter): FieldsealError {
  if (cost <= burst) {
    const message = "the caller has used up what it may have for now";
    return new FieldsealError("RATE_LIMITED", message, { retryable: true });
  }
  return new FieldsealError("RATE_LIMITED", `the call has more than the ${burst} values that a rate allows at once`, {
    hint: "send smaller batches, or raise the rate's burst",
  });
}
