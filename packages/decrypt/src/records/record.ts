// One record of a longer body: as it came, as a body to open, and how what was opened is written. Types only.
import type { BodyToDecrypt } from "../body-record.ts";

export interface StreamRecord {
  /** As it came, its end of line included. */
  readonly raw: Uint8Array;
  /** What to open: a body, `raw` as text, or nothing. */
  readonly sealed: Pick<BodyToDecrypt, "bytes" | "mediaType"> | "text" | null;
  /** @throws {FieldsealError} `DECRYPTION_FAILED` where the record cannot hold what was opened. */
  write(opened: Uint8Array): Uint8Array;
}
