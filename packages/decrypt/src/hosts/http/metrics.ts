// Counts of the service for Prometheus: labels are routes, statuses, outcomes, codes and keys, never fields or callers.
import type { AuditEvent, AuditSink } from "@fieldseal/core/audit";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { KeyCircuit } from "../../keys/provider.ts";

export interface ServiceMetrics {
  /** Counts an answered request. */
  answered(route: string, status: number, seconds: number): void;
  /** A sink that counts outcomes after `sink` has accepted them. */
  counting(sink: AuditSink | undefined): AuditSink;
  /** The text exposition format, and its media type. */
  render(): Promise<{ readonly text: string; readonly mediaType: string }>;
}

const states = ["closed", "open", "half-open"] as const;

export function createMetrics(underWay: () => number, circuits: () => readonly KeyCircuit[]): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "fieldseal_requests_total",
    help: "Requests that were answered, by route and status.",
    labelNames: ["route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "fieldseal_request_seconds",
    help: "Time until a request was answered, by route.",
    labelNames: ["route"],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const fields = new Counter({
    name: "fieldseal_fields_total",
    help: "Fields that were asked for, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const tokens = new Counter({
    name: "fieldseal_tokens_total",
    help: "Values and tokens that were asked for, by operation and outcome.",
    labelNames: ["operation", "outcome"],
    registers,
  });
  const failures = new Counter({
    name: "fieldseal_failures_total",
    help: "Fields and tokens that failed, by code: RATE_LIMITED is whoever opens too much.",
    labelNames: ["code"],
    registers,
  });
  failures.inc({ code: "RATE_LIMITED" }, 0);
  for (const outcome of ["opened", "masked", "denied", "failed"]) {
    fields.inc({ outcome }, 0);
    for (const operation of ["tokenize", "detokenize"]) tokens.inc({ operation, outcome }, 0);
  }
  new Gauge({
    name: "fieldseal_requests_under_way",
    help: "Requests that are being answered.",
    registers,
    collect() {
      this.set(underWay());
    },
  });
  new Gauge({
    name: "fieldseal_key_circuit",
    help: "Ways to the keys, by kid and Region: 1 for the state that the circuit is in.",
    labelNames: ["kid", "region", "state"],
    registers,
    collect() {
      for (const { kid, region, state: current } of circuits()) {
        for (const state of states) this.set({ kid, region, state }, state === current ? 1 : 0);
      }
    },
  });
  return {
    answered(route, status, took) {
      requests.inc({ route, status: String(status) });
      seconds.observe({ route }, took);
    },
    counting: (sink) => ({
      async accept(events: readonly AuditEvent[]) {
        await sink?.accept(events);
        for (const { outcome, format, action = "", code } of events) {
          if (format === "token") tokens.inc({ operation: action, outcome });
          else fields.inc({ outcome });
          if (code !== undefined) failures.inc({ code });
        }
      },
    }),
    render: async () => ({ text: await registry.metrics(), mediaType: registry.contentType }),
  };
}
