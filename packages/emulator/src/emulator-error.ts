// The emulators' one error class. It is separate from the libraries' error on purpose: this package imports none of them.

/** The `code` of every error that the emulators throw in the calling process. */
export type EmulatorErrorCode =
  | "HOST_REFUSED"
  | "LISTEN_FAILED"
  | "CONFIG_INVALID"
  | "HANDLER_NOT_FOUND"
  | "HANDLER_INVALID"
  | "RESULT_INVALID";

/**
 * Base class of every error that an emulator throws; tell errors apart by `code`.
 *
 * Failures that belong to the emulated protocol (a KMS exception, a CloudFront 502) are answered over HTTP and are
 * never thrown.
 *
 * @example
 * ```ts
 * import { EmulatorError, startKms } from "@fieldseal/emulator";
 * await startKms({ host: "0.0.0.0" }).catch((e: unknown) => e instanceof EmulatorError && e.code); // "HOST_REFUSED"
 * ```
 */
export class EmulatorError extends Error {
  override readonly name = "EmulatorError";
  readonly code: EmulatorErrorCode;

  constructor(code: EmulatorErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
