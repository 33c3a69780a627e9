// CloudFront events around bodies.
import { originRequestEvent } from "@fieldseal/emulator";
import type { CloudFrontRequestEvent } from "aws-lambda";

/** The origin-request event of a body. */
export function eventOf(body: Uint8Array, mediaType = "application/json"): CloudFrontRequestEvent {
  return originRequestEvent({ uri: "/v1/customers", headers: { "content-type": mediaType }, body });
}
