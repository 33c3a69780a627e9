// A transformation function of Amazon Data Firehose (Developer Guide, Transform source data).
import { checkChoice } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyResult } from "../../body-result.ts";
import {
  type Caller,
  createHostReader,
  type HostOptions,
  refuseUnknownOptions,
  requireOptions,
} from "../host-reader.ts";

export interface FirehoseOptions extends HostOptions {
  /** As whom the stream reads. */
  readonly caller: Caller;
  /** Media type of each record; default `application/json`. */
  readonly mediaType?: string;
  /**
   * What becomes of a record that does not open: `fail` (default) hands it to the stream's error output, `drop` lets it
   * vanish.
   */
  readonly onRecordError?: "fail" | "drop";
}

/** What Firehose sends. */
export interface FirehoseEvent {
  readonly invocationId: string;
  /** `data` is base64. */
  readonly records: readonly { readonly recordId: string; readonly data: string }[];
}

export interface FirehoseRecordResult {
  readonly recordId: string;
  readonly result: "Ok" | "Dropped" | "ProcessingFailed";
  /** base64; of a record that failed, as it came. */
  readonly data: string;
}

/** What Firehose expects: every record, in order, each once. */
export interface FirehoseResult {
  readonly records: FirehoseRecordResult[];
}

export interface FirehoseTransform {
  (event: FirehoseEvent): Promise<FirehoseResult>;
  /** Zeroes the data keys that are held; nothing can be opened after. For who outlives the handler, such as tests. */
  close(): Promise<void>;
}

/**
 * Creates a transformation. Where a record could not be opened for a reason that passes (KMS throttled, the audit sink
 * down), the whole invocation fails, so that Firehose tries it again; nothing is lost to the error output for that.
 *
 * @throws {FieldsealError} as every host: `CONFIG_INVALID` without `expect`, `access` or `caller`, `CONTEXT_UNBOUND`; the
 * transformation `REQUEST_INVALID` for what is no event of Firehose.
 *
 * @example
 * ```ts
 * import type { KeyProvider } from "@fieldseal/decrypt";
 * import { createFirehoseTransform, type FirehoseTransform } from "@fieldseal/decrypt/firehose";
 * declare const keys: KeyProvider;
 * export const handler: FirehoseTransform = createFirehoseTransform({
 *   keys,
 *   access: { rules: [{ principal: "role:lake", fields: { email: "full" } }] },
 *   expect: { email: "$.contact.email" },
 *   caller: { principal: "role:lake" },
 * });
 * ```
 */
export function createFirehoseTransform(options: FirehoseOptions): FirehoseTransform {
  refuseUnknownOptions(options, { caller: true, mediaType: true, onRecordError: true });
  const { caller, mediaType = "application/json", onRecordError = "fail" } = options;
  checkChoice("onRecordError", onRecordError, ["fail", "drop"]);
  const reader = createHostReader(options);
  requireOptions(options, ["caller"]);
  const failed = onRecordError === "drop" ? "Dropped" : "ProcessingFailed";
  const transform = async (event: FirehoseEvent): Promise<FirehoseResult> => {
    requireRecords(event);
    const { invocationId, records } = event;
    const bodies = records.map(({ data }) => ({ bytes: bytesOf(data), mediaType }));
    const results = await reader.openBodies(bodies, { ...caller, requestId: invocationId });
    const passing = results.find((one): one is { error: FieldsealError } => "error" in one && one.error.retryable);
    if (passing !== undefined) throw passing.error;
    return {
      records: records.map(({ recordId, data }, index) => {
        const result: BodyResult = results[index]!;
        if ("error" in result) return { recordId, result: failed, data };
        return { recordId, result: "Ok", data: Buffer.from(result.bytes).toString("base64") };
      }),
    };
  };
  return Object.assign(transform, { close: () => reader.close() });
}

/** Every record is answered by its id. @throws {FieldsealError} `REQUEST_INVALID` */
function requireRecords(event: FirehoseEvent): void {
  const { records }: Partial<FirehoseEvent> = event ?? {};
  if (Array.isArray(records) && records.every((record) => typeof record?.recordId === "string")) return;
  throw new FieldsealError("REQUEST_INVALID", "the event is not one of Firehose with records");
}

/** Null, which does not open, for what is no base64: decoded as far as it goes, it would be another record. */
function bytesOf(data: string): Uint8Array {
  const bytes = typeof data === "string" ? Buffer.from(data, "base64") : null;
  return (bytes?.toString("base64") === data ? bytes : null) as Uint8Array;
}
