// The Lambda@Edge handler: read, seal, write; the one try/catch of this door.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { sealRoutedBody } from "../encrypt-body.ts";
import type { BodyTokenizer } from "../tokenize-fields.ts";
import { problemResponse } from "./problem.ts";
import { readRequest, requestOf } from "./read-request.ts";
import { writeRequest } from "./write-request.ts";

/** One line of the log: which request was refused, and why. Never a value. */
export interface RefusalEvent {
  readonly event: "fieldseal.refused";
  readonly code: string;
  readonly policy: string;
  readonly requestId: string | undefined;
  readonly field: string | undefined;
  readonly selector: string | undefined;
  readonly offset: number | undefined;
  readonly hint: string | undefined;
}

export interface OriginRequestOptions {
  readonly policy: Policy;
  /** Needed where the policy has `tokenize` rules; a reversible key at the edge, so prefer to tokenize at the origin. */
  readonly tokenizer?: BodyTokenizer;
  /** Receives each refusal; default: one JSON line on the console. */
  readonly log?: (event: RefusalEvent) => void;
}

export type OriginRequestHandler = (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>;

/**
 * Creates the handler of an origin-request (or viewer-request) function. It fails closed: whatever it is not sure to
 * have sealed is answered with a problem response and never reaches the origin.
 *
 * @example
 * ```ts
 * import { createOriginRequestHandler, type parsePolicy } from "@fieldseal/edge-encrypt";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * export const handler = createOriginRequestHandler({ policy });
 * ```
 */
export function createOriginRequestHandler(options: OriginRequestOptions): OriginRequestHandler {
  const { policy, tokenizer, log = logLine } = options;
  return async (event) => {
    try {
      const request = requestOf(event);
      const body = readRequest(request, policy);
      return body === null ? request : writeRequest(request, body.bytes, await sealRoutedBody(body, tokenizer));
    } catch (error) {
      const code = error instanceof FieldsealError ? error.code : "INTERNAL_ERROR";
      const { field, selector, offset, hint } = error instanceof FieldsealError ? error : nowhere;
      const requestId = event?.Records?.[0]?.cf?.config?.requestId;
      log({ event: "fieldseal.refused", code, policy: policy.id, requestId, field, selector, offset, hint });
      return problemResponse(code);
    }
  };
}

const nowhere = { field: undefined, selector: undefined, offset: undefined, hint: undefined };

function logLine(event: RefusalEvent): void {
  console.warn(JSON.stringify(event));
}
