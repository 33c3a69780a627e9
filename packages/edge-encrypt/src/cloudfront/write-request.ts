// From a sealed body back to the request that CloudFront forwards. Content-Length is CloudFront's own and never touched.
import { Buffer } from "node:buffer";
import type { CloudFrontRequest } from "aws-lambda";

/** `request` with its body replaced; the very request where the body is unchanged. */
export function writeRequest(request: CloudFrontRequest, before: Uint8Array, after: Uint8Array): CloudFrontRequest {
  if (after === before) return request;
  const data = Buffer.from(after.buffer, after.byteOffset, after.length).toString("base64");
  return { ...request, body: { action: "replace", encoding: "base64", data, inputTruncated: false } };
}
