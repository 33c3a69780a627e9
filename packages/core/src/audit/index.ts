export type { AuditEvent, AuditSink } from "./event.ts";
