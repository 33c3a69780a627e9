// Keys by what they are for, so that one is not taken for another. Types only.

declare const dataKeyBrand: unique symbol;
declare const platformKey: unique symbol;

/** 32 random bytes under which the fields of one request are sealed; made by `wrapDataKey` and `asDataKey` only. */
export type DataKey = Uint8Array & { readonly [dataKeyBrand]: true };

/** A data key in the form that the platform seals with; opaque to core. */
export interface SealingKey {
  readonly [platformKey]: "sealing";
}

/** A recipient's public key in the form that the platform wraps with; opaque to core. */
export interface WrappingKey {
  readonly [platformKey]: "wrapping";
}
