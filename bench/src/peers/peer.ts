// What the encrypt and decrypt suites ask of a contender. Types only.
import type { BenchDocument } from "../documents.ts";

/** One way to seal the sensitive fields of a JSON body and to open them again; bytes in, bytes out. */
export interface Peer {
  readonly name: string;
  readonly seal: (document: BenchDocument) => Uint8Array | Promise<Uint8Array>;
  readonly open: (sealed: Uint8Array, document: BenchDocument) => Uint8Array | Promise<Uint8Array>;
  /** Plaintext comes back with other types (text that looks like a number as a number). */
  readonly losesTypes?: boolean;
}
