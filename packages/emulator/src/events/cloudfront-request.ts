// Builds CloudFront request events, for the emulator and for users' unit tests (CloudFront guide, "Lambda@Edge event
// structure" and "Restrictions on the request body"). Pure.
import type { CloudFrontHeaders, CloudFrontOrigin, CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { type EdgeEventType, edgeLimits, type LimitUnits } from "./edge-limits.ts";

/** Headers as a caller writes them: a list stands for a header that was sent several times. */
export type HeaderInput = Readonly<Record<string, string | readonly string[]>>;

/** What both request events are made of. */
export interface RequestEventInput {
  /** `POST` unless given. */
  readonly method?: string;
  /** Path as on the request line; `/` unless given. */
  readonly uri?: string;
  /** Without the question mark. */
  readonly querystring?: string;
  readonly headers?: HeaderInput;
  /** Text is encoded as UTF-8; left out, the event has no body, as without IncludeBody. An empty body is `""`. */
  readonly body?: string | Uint8Array | undefined;
  /** Unless given, true exactly when the body is longer than CloudFront exposes; it is then cut at that length. */
  readonly inputTruncated?: boolean;
  /** What "1 MB" means; `decimal` (1,000,000 bytes) unless given. */
  readonly units?: LimitUnits;
  readonly clientIp?: string;
  readonly requestId?: string;
  readonly distributionId?: string;
  readonly distributionDomainName?: string;
}

/** The origin of an origin request, each property as CloudFront's default unless given. */
export interface CustomOriginInput {
  readonly domainName?: string;
  readonly customHeaders?: HeaderInput;
  /** Prefix of every path; without a trailing slash. */
  readonly path?: string;
  readonly port?: number;
  readonly protocol?: "http" | "https";
}

/** Input of {@link originRequestEvent}. */
export interface OriginRequestEventInput extends RequestEventInput {
  /** A custom origin by its properties, or a whole origin (for S3). */
  readonly origin?: CustomOriginInput | CloudFrontOrigin;
}

/**
 * Builds the event that an origin-request function receives: the body always in base64, cut at 1 MB.
 *
 * @example
 * ```ts
 * import { originRequestEvent } from "@fieldseal/emulator";
 * const event = originRequestEvent({
 *   uri: "/v1/customers",
 *   headers: { "content-type": "application/json" },
 *   body: '{"ssn":"078-05-1120"}',
 * });
 * console.log(event.Records[0]?.cf.request.body?.encoding); // base64
 * ```
 */
export function originRequestEvent(input: OriginRequestEventInput = {}): CloudFrontRequestEvent {
  return requestEvent("origin-request", input, customOrigin(input.origin ?? {}));
}

/**
 * Builds the event that a viewer-request function receives: the body always in base64, cut at 40 KB, and no origin.
 *
 * @example
 * ```ts
 * import { viewerRequestEvent } from "@fieldseal/emulator";
 * const event = viewerRequestEvent({ method: "PUT", body: new Uint8Array(50_000) });
 * console.log(event.Records[0]?.cf.request.body?.inputTruncated); // true
 * ```
 */
export function viewerRequestEvent(input: RequestEventInput = {}): CloudFrontRequestEvent {
  return requestEvent("viewer-request", input, undefined);
}

/** A header map from names and values: lower-case keys, the spelling kept in `key`. */
export function headerMap(pairs: Iterable<readonly [name: string, value: string]>): CloudFrontHeaders {
  const map: CloudFrontHeaders = {};
  for (const [key, value] of pairs) {
    const name = key.toLowerCase();
    const values = Object.hasOwn(map, name) ? map[name] : undefined;
    if (values !== undefined) values.push({ key, value });
    else
      Object.defineProperty(map, name, {
        value: [{ key, value }],
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return map;
}

/** Names and values of a {@link HeaderInput}, one pair for each line on the wire. */
export function headerPairs(headers: HeaderInput): readonly (readonly [string, string])[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((line) => [name, line] as const),
  );
}

function requestEvent(
  eventType: EdgeEventType,
  input: RequestEventInput,
  origin: CloudFrontOrigin | undefined,
): CloudFrontRequestEvent {
  const body = exposedBody(eventType, input);
  const request: CloudFrontRequest = {
    clientIp: input.clientIp ?? "203.0.113.178",
    headers: headerMap(headerPairs(input.headers ?? {})),
    method: input.method ?? "POST",
    querystring: input.querystring ?? "",
    uri: input.uri ?? "/",
    ...(body !== undefined && { body }),
    ...(origin !== undefined && { origin }),
  };
  const config = {
    distributionDomainName: input.distributionDomainName ?? "d111111abcdef8.cloudfront.net",
    distributionId: input.distributionId ?? "EDFDVBD6EXAMPLE",
    eventType,
    requestId: input.requestId ?? "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
  };
  return { Records: [{ cf: { config, request } }] };
}

function exposedBody(eventType: EdgeEventType, input: RequestEventInput): CloudFrontRequest["body"] {
  if (input.body === undefined) return undefined;
  const bytes = Buffer.from(input.body);
  const limit = edgeLimits(eventType, input.units ?? "decimal").inputBodyBytes;
  return {
    action: "read-only",
    data: bytes.subarray(0, limit).toString("base64"),
    encoding: "base64",
    inputTruncated: input.inputTruncated ?? bytes.length > limit,
  };
}

function customOrigin(origin: CustomOriginInput | CloudFrontOrigin): CloudFrontOrigin {
  if ("s3" in origin || "custom" in origin) return origin as CloudFrontOrigin;
  const { domainName = "origin.example.com", customHeaders = {}, path = "", port = 443, protocol = "https" } = origin;
  return {
    custom: {
      customHeaders: headerMap(headerPairs(customHeaders)),
      domainName,
      keepaliveTimeout: 5,
      path,
      port,
      protocol,
      readTimeout: 30,
      sslProtocols: ["TLSv1.2"],
    },
  };
}
