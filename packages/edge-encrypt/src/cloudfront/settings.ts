// What a handler is told besides its policy.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { CloudFrontRequest } from "aws-lambda";
import type { Tokenizing } from "../tokenizing.ts";
import type { RefusalEvent, SealedEvent } from "./log-events.ts";

/** Options of `createOriginRequestHandler`; everything but the policy may be left out. */
export interface OriginRequestOptions extends Tokenizing {
  readonly policy: Policy;
  /** `shadow`: the rules are tried and the outcome is logged, and the request leaves as it came. Default: `enforce`. */
  readonly mode?: "enforce" | "shadow";
  /**
   * What is logged of each covered request by default, besides refusals: one JSON line; with `emf`, one that CloudWatch
   * makes metrics of (namespace Fieldseal). Names and numbers, never a value.
   */
  readonly requestLog?: "json" | "emf";
  /** Receives each refusal; default: one JSON line on the console. Its errors change no answer. */
  readonly log?: (event: RefusalEvent) => void;
  /**
   * Receives each request that a route covered, which is refused where this throws; default: nothing is logged, in shadow
   * mode one JSON line.
   */
  readonly onSealed?: (event: SealedEvent) => void;
  /** Writes the SHA-256 of the body that leaves into this header: AWS origins behind origin access control ask for it. */
  readonly originPayloadHash?: "x-amz-content-sha256";
  /** What becomes of Content-MD5, Digest, Content-Digest and Repr-Digest of a replaced body; default `drop`. */
  readonly bodyDigests?: "drop" | "recompute";
  /** Origin custom header whose value is the HMAC key of receipts; the function reads and deletes it. Origin requests only. */
  readonly receiptKeyHeader?: string;
  /** Milliseconds since 1970; default: the platform's clock. */
  readonly now?: () => number;
}

/** The options with their defaults. */
export interface EdgeSettings {
  readonly policy: Policy;
  readonly mode: "enforce" | "shadow";
  readonly originPayloadHash: "x-amz-content-sha256" | null;
  readonly bodyDigests: "drop" | "recompute";
  /** In lower case. */
  readonly receiptKeyHeader: string | null;
  readonly now: () => number;
}

export function settingsOf(options: OriginRequestOptions): EdgeSettings {
  const { policy, mode = "enforce", originPayloadHash = null, bodyDigests = "drop", now = Date.now } = options;
  const receiptKeyHeader = options.receiptKeyHeader?.toLowerCase() ?? null;
  return { policy, mode, originPayloadHash, bodyDigests, receiptKeyHeader, now };
}

const minKeyLength = 32;

/**
 * The HMAC key of receipts; null where none is asked for.
 *
 * @throws {FieldsealError} `RECEIPT_KEY_MISSING` where the origin has no such header, or a key under 32 characters.
 */
export function receiptKeyOf({ origin }: CloudFrontRequest, { receiptKeyHeader }: EdgeSettings): string | null {
  if (receiptKeyHeader === null) return null;
  const [line, another] = (origin?.custom ?? origin?.s3)?.customHeaders[receiptKeyHeader] ?? [];
  if (line !== undefined && another === undefined && line.value.length >= minKeyLength) return line.value;
  throw new FieldsealError("RECEIPT_KEY_MISSING", "the origin has no custom header with the key of receipts", {
    hint: "add the header of receiptKeyHeader, of at least 32 characters, to the origin; viewer requests have none",
  });
}
