// What is written down of each field that was opened, denied or failed; never a value. Types only.

export interface AuditEvent {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly principal: string | undefined;
  readonly purpose: string | undefined;
  readonly field: string;
  readonly kid: string;
  /** base64url of the SHA-256 of the envelope text. */
  readonly envelope: string;
  readonly outcome: "opened" | "masked" | "denied" | "failed";
  /** Code of the failure. */
  readonly code?: string;
}

/** Where audit events go. Plaintext is returned only after `accept` has resolved. */
export interface AuditSink {
  accept(events: readonly AuditEvent[]): Promise<void> | void;
}
