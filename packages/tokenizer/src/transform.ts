// The one pipeline of tokenize and detokenize: pass the gate, take texts apart, open keys, FF1 or vault, write, record.
import type { Grant, Who } from "@fieldseal/core/access";
import type { AuditSink } from "@fieldseal/core/audit";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Gate, Operation } from "./access/gate.ts";
import { type Happening, record, shown } from "./access/record.ts";
import { attempt, settle } from "./attempt.ts";
import { refused, type Side } from "./formats/format.ts";
import { createSink, type NumeralSink, reserve } from "./formats/numeral-sink.ts";
import type { Shape } from "./formats/shape.ts";
import { type BatchEntry, runBatch } from "./fpe/run-batch.ts";
import { runVault } from "./run-vault.ts";
import type { Scope, ScopeKeys, Scopes, TokenRequest } from "./scopes.ts";
import type { TokenVault } from "./token-vault.ts";

/** One text to tokenize or detokenize, for a caller. */
export interface Task {
  readonly text: string;
  readonly request: TokenRequest;
  readonly who: Who;
}

export interface TransformOptions {
  readonly scopes: Scopes;
  readonly gate: Gate;
  readonly vault: TokenVault | null;
  /** True: equal values have equal vault tokens. */
  readonly deterministicVault: boolean;
  readonly audit: AuditSink | null;
  readonly now: () => Date;
}

/** Whether one bad text stops all of them before anything is made, or fails alone. */
export type OnError = "all" | "each";

export interface TransformHow<R> {
  readonly onError: OnError;
  /** What the caller gets of a text and its version. */
  readonly finish: (text: string, version: string) => R;
  /** True where a mask would not do. */
  readonly requireFull?: boolean;
}

/** The version of vault tokens: the vault's rows know their own keys. */
export const vaultVersion = "vault";

const prefixLength = 8;

/** A text on its way. */
interface Work {
  readonly scope: Scope;
  readonly task: Task;
  grant: Grant;
  /** The normalized text. */
  normal: string;
  shape: Shape | null;
  start: number;
  tweakStart: number;
  tweakEnd: number;
  keys: ScopeKeys | null;
  result: string | null;
  error: FieldsealError | null;
}

/** Runs `tasks` through the pipeline; results and errors in order. With `all`, the first error of any is thrown. */
export async function transform<R>(
  operation: Operation,
  tasks: readonly Task[],
  how: TransformHow<R>,
  options: TransformOptions,
): Promise<(R | FieldsealError)[]> {
  const { scopes, gate } = options;
  const { onError, finish } = how;
  const works: Work[] = [];
  const outcomes = tasks.map((task): Work | FieldsealError => {
    const scope = attempt(() => resolve(task, scopes));
    if (scope instanceof FieldsealError) return scope;
    const work = newWork(scope, task);
    works.push(work);
    return work;
  });
  if (!gate.isOpen) await passGate(operation, works, gate);
  if (how.requireFull === true) for (const work of works) refuseMask(work);
  const sides: readonly [Side, Side] = operation === "tokenize" ? ["value", "token"] : ["token", "value"];
  const sink = createSink(
    works.reduce((sum, { task }) => sum + task.text.length, 0),
    works.length * prefixLength,
  );
  try {
    for (const work of works) if (work.error === null) read(work, sides[0], sink, options.vault);
    const fetched: Promise<void>[] = [];
    for (const work of works) {
      // Of a vault's tokens keys do no more than name them in the trail.
      if (work.error !== null || (isVault(work) && options.audit === null)) continue;
      const fetching = openKeys(work, scopes);
      if (fetching !== null) fetched.push(fetching);
    }
    if (fetched.length > 0) await Promise.all(fetched);
    if (onError === "each" || !outcomes.some(isFailed)) {
      runFf1(works, sides[1], sink, operation);
      runShifts(works, operation);
      await openVault(works, operation, options);
    }
  } finally {
    sink.numerals.fill(0);
  }
  await writeDown(operation, works, options);
  if (onError === "all") throwFirst(outcomes);
  return outcomes.map((one) => {
    if (one instanceof FieldsealError) return one;
    if (one.error !== null) return one.error;
    const text = operation === "detokenize" ? shown(one.result!, one.grant) : one.result!;
    return finish(text, isVault(one) ? vaultVersion : one.scope.version);
  });
}

function newWork(scope: Scope, task: Task): Work {
  return {
    scope,
    task,
    grant: "full",
    normal: "",
    shape: null,
    start: 0,
    tweakStart: 0,
    tweakEnd: 0,
    keys: null,
    result: null,
    error: null,
  };
}

async function passGate(operation: Operation, works: readonly Work[], gate: Gate): Promise<void> {
  const claims = works.map(({ task: { who }, scope: { field, tenant } }) => ({ who, field, tenant }));
  const grants = await gate.pass(operation, claims);
  for (const [i, work] of works.entries()) {
    const grant = grants[i]!;
    if (grant instanceof FieldsealError) work.error = grant;
    else work.grant = grant;
  }
}

function refuseMask(work: Work): void {
  const { field } = work.scope;
  if (work.error !== null || work.grant === "full") return;
  work.error = new FieldsealError("ACCESS_DENIED", "this needs the whole value, and the rules show a part", { field });
}

function resolve({ text, request }: Task, scopes: Scopes): Scope {
  const scope = scopes.resolve(request);
  if (typeof text !== "string") throw refused("VALUE_STRUCTURE_INVALID", scope.format.name, "takes text");
  return scope;
}

/** Takes the text apart, and leaves room for the tweak's prefix. */
function read(work: Work, side: Side, sink: NumeralSink, vault: TokenVault | null): void {
  const { format } = work.scope;
  const { text } = work.task;
  const { end, tweakEnd } = sink;
  work.error = failure(() => {
    if (text.length > format.maxTextLength)
      throw refused("VALUE_TOO_LONG", format.name, "far more than the format takes");
    work.normal = format.engine === "vault" && side === "token" ? text : format.normalize(text, side);
    if (format.engine !== "ff1") {
      if (format.engine === "vault" && side === "value") work.scope.vaultFormat.normalize(text);
      return;
    }
    reserve(sink, work.normal.length, prefixLength);
    work.start = end;
    work.tweakStart = tweakEnd;
    sink.tweakEnd += prefixLength;
    work.shape = format.read(work.normal, side, sink);
    work.tweakEnd = sink.tweakEnd;
    if (work.shape.short && (format.onShort === "refuse" || vault === null)) {
      throw refused(
        "VALUE_TOO_SHORT",
        format.name,
        `FF1 takes ${format.fits}`,
        'set "onShort" to "vault" for the rest',
      );
    }
  });
  if (work.error === null && format.engine === "shift" && !work.task.request.subject) {
    work.error = refused("SUBJECT_MISSING", format.name, "moves dates by their subject's shift");
  }
  if (work.error !== null) {
    sink.numerals.fill(0, end, sink.end);
    sink.end = end;
    sink.tweakEnd = tweakEnd;
  }
}

function isVault({ scope, shape }: Work): boolean {
  return scope.format.engine === "vault" || shape?.short === true;
}

/** Puts the scope's keys into `work`; a promise where they must be fetched. */
function openKeys(work: Work, scopes: Scopes): Promise<void> | null {
  const { format, tenant, field } = work.scope;
  const scope = isVault(work) ? scopes.resolve({ format: format.name, tenant, field }) : work.scope;
  const opened = attempt(() => scopes.keysOf(scope));
  const fail = (error: FieldsealError): void => {
    // A vault works without keys of tokens; its tokens then have no name in the trail.
    if (!isVault(work) || error.code !== "KEY_VERSION_UNKNOWN") work.error = error;
  };
  if (opened instanceof FieldsealError) fail(opened);
  else if (!(opened instanceof Promise)) work.keys = opened;
  else {
    return settle(opened).then((keys) => {
      if (keys instanceof FieldsealError) fail(keys);
      else work.keys = keys;
    });
  }
  return null;
}

function runFf1(works: readonly Work[], side: Side, sink: NumeralSink, operation: Operation): void {
  const ready: Work[] = [];
  const entries: BatchEntry[] = [];
  for (const work of works) {
    const { shape, keys, error, start, tweakStart, tweakEnd } = work;
    if (error !== null || keys === null || shape === null || isVault(work)) continue;
    sink.tweaks.set(keys.tweakPrefix, tweakStart);
    entries.push({ cipher: keys.cipher, shape, start, tweakStart, tweakEnd });
    ready.push(work);
  }
  runBatch(entries, sink, operation === "tokenize" ? "encrypt" : "decrypt");
  for (const work of ready) {
    work.error = failure(() => {
      work.result = work.scope.format.write(work.normal, side, sink.numerals, work.start);
    });
  }
}

function runShifts(works: readonly Work[], operation: Operation): void {
  for (const work of works) {
    const { scope, keys, error, task } = work;
    const { shift } = scope.format;
    if (error !== null || keys === null || shift === null) continue;
    const { tenant, field, version, format } = scope;
    const days = keys.derived.dateShift(
      { tenant, field, version, format: format.name },
      task.request.subject!,
      shift.maxDays,
    );
    work.error = failure(() => {
      work.result = shift.move(work.normal, operation === "tokenize" ? days : -days);
    });
  }
}

async function openVault(works: readonly Work[], operation: Operation, options: TransformOptions): Promise<void> {
  const { vault, deterministicVault } = options;
  const mine = works.filter((work) => work.error === null && isVault(work));
  if (mine.length === 0 || vault === null) return;
  const tasks = mine.map(({ scope, normal, task }) => ({ scope, normal, subject: task.request.subject }));
  const answers = await runVault(operation, tasks, vault, deterministicVault);
  for (const [i, work] of mine.entries()) {
    const answer = answers[i]!;
    if (answer instanceof FieldsealError) work.error = answer;
    else work.result = answer;
  }
}

async function writeDown(
  operation: Operation,
  works: readonly Work[],
  { audit, now }: TransformOptions,
): Promise<void> {
  if (audit === null) return;
  // Where another value refused the whole batch, nothing happened to this one.
  const touched = works.filter(({ result, error }) => result !== null || error !== null);
  if (touched.length === 0) return;
  const happenings = touched.map((work): Happening => {
    const { scope, task, grant, keys, result, error } = work;
    const token = operation === "tokenize" ? result : task.text;
    return {
      operation,
      who: task.who,
      field: scope.field,
      format: scope.format.name,
      version: isVault(work) ? vaultVersion : scope.version,
      tokenName: token === null || keys === null ? "" : keys.derived.auditName(token),
      grant,
      error,
    };
  });
  await record(audit, happenings, now());
}

function isFailed(one: Work | FieldsealError): boolean {
  return one instanceof FieldsealError || one.error !== null;
}

function throwFirst(outcomes: readonly (Work | FieldsealError)[]): void {
  const index = outcomes.findIndex(isFailed);
  if (index < 0) return;
  const failed = outcomes[index]!;
  const error = failed instanceof FieldsealError ? failed : failed.error!;
  if (outcomes.length === 1) throw error;
  const { code, message, hint, field, retryable } = error;
  throw new FieldsealError(code, `value ${index}: ${message}`, {
    pointer: `/${index}`,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
  });
}

function failure(act: () => void): FieldsealError | null {
  const done = attempt(act);
  return done instanceof FieldsealError ? done : null;
}
