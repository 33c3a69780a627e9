export type {
  AccessCount,
  AuditEvent,
  AuditSink,
  ChainProblem,
  ChainReport,
  CheckpointSigner,
  CheckpointVerifier,
  LinePosition,
  WriterReport,
} from "@fieldseal/core/audit";
export type { AuditTrail, AuditTrailOptions } from "./audit-trail.ts";
export { createAuditTrail } from "./audit-trail.ts";
export type { FileSinkOptions } from "./file-sink.ts";
export { fileSink } from "./file-sink.ts";
export type { HmacKey } from "./local-signers.ts";
export { ed25519Signer, ed25519Verifier, hmacSigner } from "./local-signers.ts";
export type { LineSink, TrailEnd } from "./sink.ts";
export { stdoutSink } from "./stdout-sink.ts";
export type { AuditFileReport, CheckpointFile } from "./verify-file.ts";
export { reportAuditFile, verifyAuditFile } from "./verify-file.ts";
