// Finite limits on what a body may ask of us; every one has a name and an error code.

/** Limits of one pass over a body. */
export interface Limits {
  /** Most fields that rules may select in one body. Over it: `TOO_MANY_FIELDS`. */
  readonly maxFields: number;
  /** Deepest nesting of containers. Over it: `BODY_TOO_DEEP`. */
  readonly maxDepth: number;
  /** Most bytes that may leave, decoded. Over it: `OUTPUT_TOO_LARGE`. */
  readonly maxOutputBytes: number;
}

/** CloudFront cuts a replaced origin-request body at 1 MB without a word; the default stays below. */
export const defaultLimits: Limits = { maxFields: 2000, maxDepth: 256, maxOutputBytes: 1_000_000 };

/** The most that a policy may set `maxDepth` to, and so the deepest value that can have been sealed. */
export const deepestNesting = 10_000;

/** For values that were sealed: whatever a policy let in must come back. */
export const valueLimits: Limits = { ...defaultLimits, maxDepth: deepestNesting };

/** Texts shorter than this cannot hold an envelope or anything like one. */
export const minLongText = 46;
