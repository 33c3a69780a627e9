// The fault switch that every emulator carries: which call fails, how, and how often it happened. Pure but for its state.
import { EmulatorError } from "../emulator-error.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** When a fault strikes; without any property, always. The properties combine. */
export interface FaultTrigger {
  /** Chance from 0 to 1, drawn from the seeded stream. */
  readonly probability?: number;
  /** Only so many times; then the fault is spent. */
  readonly next?: number;
  /** Only these operations of AWS services (`Decrypt`, `GetObject`), or HTTP methods (`POST`) at CloudFront. */
  readonly operations?: readonly string[];
}

/** Delay before a call is handled. */
export interface LatencyFault extends FaultTrigger {
  /** Milliseconds. */
  readonly ms: number;
}

/** The faults in force; a property left out is no fault. */
export interface FaultPlan {
  /** Delays the call and then goes on, even into another fault. */
  readonly latency?: LatencyFault;
  /** Ends the TCP connection with a reset and no answer. */
  readonly connectionReset?: FaultTrigger;
  /** KMS: `ThrottlingException`, HTTP 400. S3: `SlowDown`, HTTP 503. CloudFront: 503. */
  readonly throttling?: FaultTrigger;
  /** KMS: `AccessDeniedException`, HTTP 400. S3: `AccessDenied`, HTTP 403. CloudFront: 403. */
  readonly accessDenied?: FaultTrigger;
  /** HTTP 500. KMS: `KMSInternalException`. S3: `InternalError`. */
  readonly serverError?: FaultTrigger;
}

/** The name of one fault. */
export type FaultKind = keyof FaultPlan;

/**
 * Turns faults on and off while a server runs.
 *
 * @example
 * ```ts
 * import { startKms } from "@fieldseal/emulator";
 * const kms = await startKms({ seed: "suite" });
 * kms.faults.set({ throttling: { next: 2 }, latency: { ms: 20, probability: 0.5, operations: ["Decrypt"] } });
 * kms.faults.clear();
 * await kms.close();
 * ```
 */
export interface FaultSwitch {
  /** Replaces the whole plan and restarts the seeded stream. @throws CONFIG_INVALID */
  set(plan: FaultPlan): void;
  /** Removes every fault; the counts stay. */
  clear(): void;
  /** How often each fault struck since the server started. */
  readonly counts: Readonly<Record<FaultKind, number>>;
}

/** What happens to one call: a delay, then either normal handling or one failure. */
export interface FaultDecision {
  readonly latencyMs: number;
  readonly failure: Exclude<FaultKind, "latency"> | undefined;
}

/** The switch, and the question that a server asks it once for each call. */
export interface FaultControl {
  readonly faults: FaultSwitch;
  decide(operation: string): FaultDecision;
}

// The first that strikes wins.
const failures = ["connectionReset", "throttling", "accessDenied", "serverError"] as const;

/** Makes a fault switch whose probabilities are drawn from `seed`. @throws CONFIG_INVALID */
export function createFaultControl(options: { seed?: string; plan?: FaultPlan } = {}): FaultControl {
  const { seed = "faults" } = options;
  const counts = { latency: 0, connectionReset: 0, throttling: 0, accessDenied: 0, serverError: 0 };
  let plan: FaultPlan = {};
  let spent: Partial<Record<FaultKind, number>> = {};
  let random = createSeededRandom(seed);

  const set = (next: FaultPlan): void => {
    checkPlan(next);
    plan = next;
    spent = {};
    random = createSeededRandom(seed);
  };
  const strikes = (kind: FaultKind, operation: string): boolean => {
    const trigger = plan[kind];
    if (trigger === undefined) return false;
    if (trigger.operations !== undefined && !trigger.operations.includes(operation)) return false;
    if ((spent[kind] ?? 0) >= (trigger.next ?? Number.POSITIVE_INFINITY)) return false;
    if (trigger.probability !== undefined && random() >= trigger.probability) return false;
    spent[kind] = (spent[kind] ?? 0) + 1;
    counts[kind]++;
    return true;
  };

  if (options.plan !== undefined) set(options.plan);
  return {
    faults: {
      set,
      clear: () => set({}),
      get counts() {
        return { ...counts };
      },
    },
    decide(operation) {
      const latencyMs = strikes("latency", operation) ? (plan.latency?.ms ?? 0) : 0;
      return { latencyMs, failure: failures.find((kind) => strikes(kind, operation)) };
    },
  };
}

function checkPlan(plan: FaultPlan): void {
  const known: readonly string[] = ["latency", ...failures];
  for (const [kind, trigger] of Object.entries(plan) as [FaultKind, FaultTrigger | undefined][]) {
    if (!known.includes(kind)) throw new EmulatorError("CONFIG_INVALID", `unknown fault ${kind}`);
    const { probability = 1, next = 1 } = trigger ?? {};
    if (!(probability >= 0 && probability <= 1)) {
      throw new EmulatorError("CONFIG_INVALID", `${kind}: probability must be from 0 to 1`);
    }
    if (!Number.isInteger(next) || next < 0) {
      throw new EmulatorError("CONFIG_INVALID", `${kind}: next must be a whole number of calls`);
    }
  }
  if (plan.latency !== undefined && !(plan.latency.ms >= 0)) {
    throw new EmulatorError("CONFIG_INVALID", "latency: ms must be a number of milliseconds");
  }
}
