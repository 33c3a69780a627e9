// One sealed value, whatever its format: what a reader must know before a key is used, and how it opens after. Types only.
import type { Alg } from "../algorithms.ts";
import type { OpenedValue } from "../open.ts";
import type { KdfPrimitives, OpenPrimitives } from "../primitives.ts";

export type Format = "native" | "direct" | "jwe" | "cloudfront-native";

/** A sealed value that was parsed; nothing in it is authenticated yet. */
export interface SealedValue {
  readonly format: Format;
  readonly alg: Alg;
  readonly kid: string;
  /** The field that it names; several where a direct pair may hold several, told apart by their places. */
  readonly fields: readonly string[];
  /** `field`: the ciphertext is bound to its field's name and context; `none`: to nothing. */
  readonly binding: "field" | "none";
  /** What the key unwraps. */
  readonly wrapped: Uint8Array;
  /** What that is: a data key that was drawn for sealing, the value itself, or a key of another product. */
  readonly holds: "data-key" | "value" | "foreign-key";
  /**
   * Opens the value with the unwrapped `secret` and the canonical bytes of the context, by the same primitive calls in
   * the same order whatever is wrong.
   *
   * @throws {FieldsealError} `DECRYPTION_FAILED`, whatever the reason.
   */
  open(secret: Uint8Array, context: Uint8Array, primitives: OpenPrimitives & KdfPrimitives): OpenedValue;
}

/** A sealed value and where it stands in a text: `[start, end)`. */
export interface FoundValue {
  readonly value: SealedValue;
  readonly start: number;
  readonly end: number;
}
