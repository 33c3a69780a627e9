// Whether a trail can be written. Pure.
import { FieldsealError } from "../errors/index.ts";
import type { AuditSink } from "./event.ts";

/**
 * Refuses what takes no events: `null` of a trail that was not set up would leave none, and nobody would know.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless `audit` is a sink, or undefined.
 */
export function checkSink(audit: AuditSink | undefined): void {
  if (audit === undefined || typeof audit?.accept === "function") return;
  const hint = (audit as unknown) instanceof Promise ? { hint: "await it first" } : {};
  throw new FieldsealError("CONFIG_INVALID", "audit has a function accept, or is left out", hint);
}
