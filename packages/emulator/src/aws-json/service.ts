// What an emulated AWS service is to the listener: a target prefix and a table of operations. Types only.
import type { JsonObject } from "./input.ts";

/** Answers one operation or throws an `AwsError`. */
export type Operation = (input: JsonObject) => JsonObject | Promise<JsonObject>;

/** One service of the AWS JSON 1.1 protocol. Adding a service is one file that builds this, and one row where it starts. */
export interface AwsService {
  /** The part of `X-Amz-Target` before the last dot, such as `TrentService`. */
  readonly targetPrefix: string;
  /** Prefix of its IAM actions, such as `kms`. */
  readonly actionPrefix: string;
  /** Name of the error that stands for a fault of the service. */
  readonly internalError: string;
  /** Member of a request that names the resource; it goes into the request log. */
  readonly resourceMember: string;
  readonly operations: ReadonlyMap<string, Operation>;
}

/** One line of the request log; it never holds a plaintext, a ciphertext or a secret. */
export interface RequestLogEntry {
  readonly requestId: string;
  /** `TrentService.Decrypt`'s last part, or `Unknown`. */
  readonly operation: string;
  /** The resource as the caller named it, such as a key id. */
  readonly resource: string | undefined;
  /** HTTP status; 0 when the connection was reset. */
  readonly status: number;
  /** Name of the exception, if one was answered. */
  readonly error: string | undefined;
  /** The injected fault that caused the outcome. */
  readonly fault: string | undefined;
}
