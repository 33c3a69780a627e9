// The Lambda function of a Step Functions Distributed Map: a batch of items, each once, and errors that a state machine
// can tell apart (AWS Step Functions Developer Guide, "Error handling"). I/O through the item processor.
import { checkChoice, checkFunctions } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkWholeNumber } from "../whole-number.ts";
import { type ObjectItem, readItems } from "./item.ts";
import { createItemProcessor, type ItemOptions, type ItemResult } from "./process-item.ts";

/** `errorType` of failures that may pass: what the state machine retries. */
export const retryableErrorName = "FieldsealRetryable";
/** `errorType` of items that fail again however often they are tried. */
export const failedErrorName = "FieldsealItemsFailed";

export interface MapHandlerOptions extends ItemOptions {
  /** `report`: items that fail for good are told in the result alone, and the invocation succeeds. Default: `throw`. */
  readonly onItemFailed?: "throw" | "report";
  /** No further item is begun when the invocation has less time left, in milliseconds; default 30,000. */
  readonly reserveMillis?: number;
  /** Told each result as it comes; default: one line of JSON on stdout, which Lambda keeps in its log. */
  readonly onResult?: (result: ItemResult) => void;
}

/** What the handler asks of Lambda's context. */
export interface InvocationContext {
  getRemainingTimeInMillis?(): number;
}

export type MapHandler = (event: unknown, context?: InvocationContext) => Promise<{ results: ItemResult[] }>;

/** Items that a message names. */
const maxNamed = 20;

/**
 * Creates the handler for `{ Items }` of ItemBatcher, or a single item. Items that are done already cost one request.
 *
 * The handler throws, once all items have had their turn, an error of the name `FieldsealRetryable` where some failed for
 * the moment or had no time left, else `FieldsealItemsFailed` where some failed for good; both with the code
 * `ITEMS_FAILED`.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `SELECTOR_INVALID`; the handler `ITEM_INVALID`, `ITEMS_FAILED`.
 *
 * @example
 * ```ts
 * import { S3Client } from "@aws-sdk/client-s3";
 * import type { Tokenizer } from "@fieldseal/tokenizer";
 * import { createMapHandler } from "@fieldseal/tokenizer/distributed-map";
 * import { createS3Store } from "@fieldseal/tokenizer/s3";
 * declare const tokenizer: Tokenizer;
 * const client = new S3Client({});
 * export const handler = createMapHandler({
 *   tokenizer,
 *   operation: "tokenize",
 *   columns: { card: { format: "card" } },
 *   from: createS3Store({ client, bucket: "raw" }),
 *   to: createS3Store({ client, bucket: "lake" }),
 * });
 * ```
 */
export function createMapHandler(options: MapHandlerOptions): MapHandler {
  const { onItemFailed = "throw", reserveMillis = 30_000, onResult = writeLine, ...itemOptions } = options;
  checkFunctions({ onResult });
  checkWholeNumber("reserveMillis", reserveMillis, 0);
  checkChoice("onItemFailed", onItemFailed, ["throw", "report"]);
  const processItem = createItemProcessor(itemOptions);
  return async (event, context) => {
    const items = readItems(event);
    const results: ItemResult[] = [];
    for (const [index, item] of items.entries()) {
      const left = context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
      const result = index > 0 && left < reserveMillis ? notBegun(item) : await processItem(item);
      onResult(result);
      results.push(result);
    }
    const failed = results.filter(({ outcome }) => outcome === "failed");
    const isRetryable = failed.some(({ retryable }) => retryable === true);
    if (isRetryable || (failed.length > 0 && onItemFailed === "throw"))
      throw failure(failed, results.length, isRetryable);
    return { results };
  };
}

function notBegun({ key, etag, versionId }: ObjectItem): ItemResult {
  return {
    source: { key, ...(etag === undefined ? {} : { etag }), ...(versionId === undefined ? {} : { versionId }) },
    destination: null,
    outcome: "failed",
    records: null,
    fields: null,
    rejected: null,
    code: "REQUEST_TIMEOUT",
    message: "not begun: the invocation has too little time left",
    retryable: true,
  };
}

function failure(failed: readonly ItemResult[], count: number, retryable: boolean): FieldsealError {
  const named = failed.slice(0, maxNamed).map(({ source, code }) => `${source.key}: ${code}`);
  const more = failed.length > maxNamed ? ", ..." : "";
  const message = `${failed.length} of ${count} items failed (${named.join(", ")}${more})`;
  const error = new FieldsealError("ITEMS_FAILED", message, { retryable });
  // Lambda reports the name as `errorType`, the one thing that a Retry or Catch can match.
  return Object.defineProperty(error, "name", { value: retryable ? retryableErrorName : failedErrorName });
}

function writeLine(result: ItemResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
