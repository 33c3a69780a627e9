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
