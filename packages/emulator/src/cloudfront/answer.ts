// Writes the answers that CloudFront makes itself: error pages and responses that a function generated. I/O.
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { GeneratedResponse } from "./check-result.ts";
import { writeHeaders } from "./forward.ts";

/** Headers that CloudFront puts on every response. */
export function cloudFrontHeaders(requestId: string, xCache: string): Readonly<Record<string, string>> {
  return {
    via: "1.1 emulator.cloudfront.net (CloudFront)",
    "x-amz-cf-id": requestId,
    "x-amz-cf-pop": "EMU50-C1",
    "x-cache": `${xCache} from cloudfront`,
  };
}

/** Answers with an error page that gives the reason. */
export function sendErrorPage(
  response: ServerResponse,
  page: { status: number; reason: string; requestId: string; xCache: string },
): void {
  const { status, reason, requestId, xCache } = page;
  const title = STATUS_CODES[status] ?? "Request Header Too Large";
  const escaped = reason.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const body = Buffer.from(`<html><head><title>ERROR: ${title}</title></head><body><p>${escaped}</p></body></html>\n`);
  response.writeHead(status, title, {
    ...cloudFrontHeaders(requestId, xCache),
    "content-type": "text/html",
    "content-length": body.length,
  });
  response.end(body);
}

/** Answers with what the function generated. */
export function sendGenerated(response: ServerResponse, generated: GeneratedResponse, requestId: string): void {
  const { status, statusDescription, headers, body } = generated;
  response.statusCode = status;
  if (statusDescription !== undefined) response.statusMessage = statusDescription;
  writeHeaders(response.setHeader.bind(response), headers);
  const own = cloudFrontHeaders(requestId, "LambdaGeneratedResponse");
  for (const [name, value] of Object.entries(own)) response.setHeader(name, value);
  if (status !== 204) response.setHeader("content-length", body.length);
  response.end(body);
}
