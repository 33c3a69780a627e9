// How large a replaced body may be before CloudFront cuts it without a word (CloudFront guide, "Restrictions on the
// request body"). Pure.
import type { CloudFrontRequestEvent } from "aws-lambda";

type EventType = CloudFrontRequestEvent["Records"][number]["cf"]["config"]["eventType"];

/** CloudFront's allowance for base64: 1.33 characters for a byte, where 4 stand for 3. */
const base64Allowance = 1.33;
const viewerOutputBytes = 40_000;

/** Most bytes of a body in base64 under a limit of `maxOutputBytes`; a viewer request has 40 KB at most. */
export function maxReplacedBytes(maxOutputBytes: number, eventType: EventType | undefined): number {
  const limit = eventType === "viewer-request" ? Math.min(maxOutputBytes, viewerOutputBytes) : maxOutputBytes;
  return Math.floor(Math.floor(limit * base64Allowance) / 4) * 3;
}
