// The one error class. Details name rules, selectors and offsets; never a value of a body, key or token.
import type { ErrorCode } from "./codes.ts";

/** Where and how an error happened, in terms of the policy and of byte offsets. */
export interface ErrorDetails {
  /** What to do about it, in one sentence. */
  readonly hint?: string;
  /** Name of the rule concerned. */
  readonly field?: string;
  /** Selector of the rule concerned, as the policy spells it. */
  readonly selector?: string;
  /** Byte offset in the body or text. */
  readonly offset?: number;
  /** JSON Pointer (RFC 6901) in the policy or configuration. */
  readonly pointer?: string;
  /** Key id of the key concerned. */
  readonly kid?: string;
  /** True when the same call may succeed later, unchanged. */
  readonly retryable?: boolean;
  /** Milliseconds before which trying again is no use, where that is known. */
  readonly retryAfter?: number;
  /** The error underneath; for programs, never shown. */
  readonly cause?: unknown;
}

/**
 * Base class of every error that Fieldseal throws; tell errors apart by `code`.
 *
 * @example
 * ```ts
 * import { FieldsealError } from "@fieldseal/core/errors";
 * const retry = (e: unknown): boolean => e instanceof FieldsealError && e.retryable;
 * ```
 */
export class FieldsealError extends Error {
  override readonly name = "FieldsealError";
  // Declared alone: the constructor makes each of them.
  declare readonly code: ErrorCode;
  declare readonly hint: string | undefined;
  declare readonly field: string | undefined;
  declare readonly selector: string | undefined;
  declare readonly offset: number | undefined;
  declare readonly pointer: string | undefined;
  declare readonly kid: string | undefined;
  declare readonly retryable: boolean;
  declare readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.field = details.field;
    this.selector = details.selector;
    this.offset = details.offset;
    this.pointer = details.pointer;
    this.kid = details.kid;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
  }
}
