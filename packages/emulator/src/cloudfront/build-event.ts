// Turns a viewer's request into the event of the distribution's function, and does to its headers what CloudFront does on
// the way to the origin. Pure.
import type { CloudFrontHeaders, CloudFrontRequestEvent } from "aws-lambda";
import { type HeaderInput, originRequestEvent, viewerRequestEvent } from "../events/cloudfront-request.ts";
import type { Distribution } from "./distribution.ts";
import { type ViewerRequest, writableMethods } from "./viewer-request.ts";

/** The event that the function gets. */
export function buildEvent(
  distribution: Distribution,
  viewer: ViewerRequest,
  requestId: string,
): CloudFrontRequestEvent {
  const { options, eventType, customHeaders, domainName } = distribution;
  const { includeBody = true, bodyOfReadMethods = "undefined", units = "decimal", origin } = options;
  const { method, uri, querystring, clientIp } = viewer;
  const exposed = includeBody && (writableMethods.has(method) || bodyOfReadMethods === "empty");
  const { distributionId, distributionDomainName } = options;
  const input = {
    method,
    uri,
    querystring,
    clientIp,
    requestId,
    units,
    ...(exposed && { body: viewer.body }),
    ...(distributionId !== undefined && { distributionId }),
    ...(distributionDomainName !== undefined && { distributionDomainName }),
  };
  if (eventType === "viewer-request") return withHeaders(viewerRequestEvent(input), viewer.headers);
  const { path = "", port } = origin;
  const event = originRequestEvent({
    ...input,
    origin: { domainName, port, path, protocol: "http", customHeaders: headersAsInput(customHeaders) },
  });
  return withHeaders(event, towardsOrigin(distribution, viewer.headers, clientIp));
}

function withHeaders(event: CloudFrontRequestEvent, headers: CloudFrontHeaders): CloudFrontRequestEvent {
  const request = event.Records[0]?.cf.request;
  if (request !== undefined) request.headers = headers;
  return event;
}

function headersAsInput(headers: CloudFrontHeaders): HeaderInput {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, lines]) => [lines[0]?.key ?? name, lines.map(({ value }) => value)]));
}

/**
 * What CloudFront does to the viewer's headers on the way to the origin: before an origin-request function sees them, and
 * after a viewer-request function.
 */
export function towardsOrigin(
  { customHeaders, domainName, via }: Distribution,
  viewerHeaders: CloudFrontHeaders,
  clientIp: string,
): CloudFrontHeaders {
  const kept = Object.entries(viewerHeaders).filter(([name]) => !Object.hasOwn(customHeaders, name));
  const headers: CloudFrontHeaders = Object.fromEntries(kept);
  const forwardedFor = [...(headers["x-forwarded-for"] ?? []).map(({ value }) => value), clientIp].join(", ");
  headers["x-forwarded-for"] = [{ key: "X-Forwarded-For", value: forwardedFor }];
  headers.via = [...(headers.via ?? []), { key: "Via", value: via }];
  headers.host = [{ key: "Host", value: domainName }];
  return headers;
}
