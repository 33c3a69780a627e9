// What is written down of each field that was opened, denied or failed; never a value. Types only.

export interface AuditEvent {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly principal: string | undefined;
  readonly purpose: string | undefined;
  /** Identifies the request, where the host gave a name to it. */
  readonly requestId: string | undefined;
  readonly field: string;
  readonly kid: string;
  /** base64url of the SHA-256 of the sealed text. */
  readonly envelope: string;
  readonly format: "native" | "direct" | "jwe" | "cloudfront-native" | "token";
  /** What was done with a token. */
  readonly action?: "tokenize" | "detokenize";
  /** `none`: nothing but its place told that the value belongs to the field. */
  readonly binding: "field" | "none";
  readonly outcome: "opened" | "masked" | "denied" | "failed";
  /** Code of the failure. */
  readonly code?: string;
  /** True where the opened value itself holds an envelope; it was not opened. */
  readonly nested?: true;
}

/** Where audit events go. Plaintext is returned only after `accept` has resolved. */
export interface AuditSink {
  accept(events: readonly AuditEvent[]): Promise<void> | void;
}
