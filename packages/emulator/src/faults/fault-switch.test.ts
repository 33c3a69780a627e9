import { describe, expect, test } from "vitest";
import { createFaultControl } from "./fault-switch.ts";

const run = (seed: string, n: number): boolean[] => {
  const control = createFaultControl({ seed, plan: { throttling: { probability: 0.3 } } });
  return Array.from({ length: n }, () => control.decide("Decrypt").failure === "throttling");
};

describe("the fault switch", () => {
  test("without a plan nothing fails", () => {
    expect(createFaultControl().decide("Decrypt")).toEqual({ latencyMs: 0, failure: undefined });
  });

  test("a probability is repeatable by seed and about right", () => {
    expect(run("a", 200)).toEqual(run("a", 200));
    expect(run("a", 200)).not.toEqual(run("b", 200));
    const hits = run("a", 2000).filter(Boolean).length;
    expect(hits).toBeGreaterThan(500);
    expect(hits).toBeLessThan(700);
  });

  test("next counts only the calls that it struck, by operation", () => {
    const control = createFaultControl({ plan: { serverError: { next: 2, operations: ["Decrypt"] } } });
    const failures = ["Encrypt", "Decrypt", "Decrypt", "Decrypt"].map((operation) => control.decide(operation).failure);
    expect(failures).toEqual([undefined, "serverError", "serverError", undefined]);
    expect(control.faults.counts.serverError).toBe(2);
  });

  test("latency combines with one failure; set replaces the plan and clear ends it, both keep the counts", () => {
    const control = createFaultControl({ plan: { latency: { ms: 7 }, accessDenied: {}, throttling: {} } });
    expect(control.decide("Decrypt")).toEqual({ latencyMs: 7, failure: "throttling" });
    control.faults.set({ accessDenied: {} });
    expect(control.decide("Decrypt")).toEqual({ latencyMs: 0, failure: "accessDenied" });
    control.faults.clear();
    expect(control.decide("Decrypt").failure).toBeUndefined();
    expect(control.faults.counts).toMatchObject({ latency: 1, throttling: 1, accessDenied: 1, serverError: 0 });
  });

  test.each([
    { throttling: { probability: 2 } },
    { throttling: { next: -1 } },
    { latency: { ms: Number.NaN } },
    { typo: {} },
  ])("%j is refused", (plan) => {
    expect(() => createFaultControl({ plan })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
