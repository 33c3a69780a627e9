import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { chainEvent, openChain } from "./chain.ts";
import type { AuditEvent } from "./event.ts";
import { createAccessCounter } from "./report.ts";

const primitives = { sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest() };

it("counts events by principal, purpose and field, most first", () => {
  const counter = createAccessCounter(primitives);
  const writer = "w".repeat(22);
  let last = openChain({ writer, time: "2026-11-22T10:00:00.000Z", joins: null, torn: [] }, primitives);
  const outcomes = [
    ["role:a", "ssn", "opened"],
    ["role:b", "ssn", "denied"],
    ["role:a", "ssn", "masked"],
    ["role:a", "card", "failed"],
    ["role:a", "ssn", "opened"],
  ] as const;
  for (const [index, [principal, field, outcome]] of outcomes.entries()) {
    const event: AuditEvent = {
      time: `2026-11-22T10:00:0${index}.000Z`,
      principal,
      purpose: undefined,
      requestId: undefined,
      field,
      kid: "k",
      envelope: "e",
      format: "native",
      binding: "field",
      outcome,
    };
    last = chainEvent(last, event, primitives);
    counter.add(Buffer.from(last.text));
  }
  counter.add(Buffer.from("no line"));
  const unfit = { ...({} as AuditEvent), time: "t", field: "ssn", kid: "k", outcome: "opened", principal: 5 };
  counter.add(Buffer.from(chainEvent(last, unfit as unknown as AuditEvent, primitives).text));
  const none = { purpose: null, opened: 0, masked: 0, denied: 0, failed: 0 };
  const at = (second: number): string => `2026-11-22T10:00:0${second}.000Z`;
  expect(counter.end()).toEqual([
    { ...none, principal: "role:a", field: "ssn", opened: 2, masked: 1, first: at(0), last: at(4) },
    { ...none, principal: "role:b", field: "ssn", denied: 1, first: at(1), last: at(1) },
    { ...none, principal: "role:a", field: "card", failed: 1, first: at(3), last: at(3) },
  ]);
});
