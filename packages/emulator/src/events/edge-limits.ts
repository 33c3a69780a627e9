// Size and time limits of Lambda@Edge by event type (CloudFront guide, "Quotas" and "Restrictions on the request body").

/** Request events that can see a body. */
export type EdgeEventType = "origin-request" | "viewer-request";

/** Whether the guide's KB and MB are powers of ten or of two; the guide does not say. */
export type LimitUnits = "decimal" | "binary";

/** The limits of one event type. */
export interface EdgeLimits {
  /** Bytes of the body that the function sees; the rest is cut and `inputTruncated` is set. */
  readonly inputBodyBytes: number;
  /** Bytes of a replaced body in encoding `text`; the rest is cut without notice. */
  readonly outputTextBytes: number;
  /** Characters of a replaced body in encoding `base64`; the rest is cut without notice. */
  readonly outputBase64Characters: number;
  /** Bytes of headers and body of a generated response; beyond, the viewer gets a 502. */
  readonly generatedResponseBytes: number;
  /** Milliseconds that the function may take; beyond, the viewer gets a 503. */
  readonly timeoutMs: number;
}

/** The limits of an event type. */
export function edgeLimits(eventType: EdgeEventType, units: LimitUnits): EdgeLimits {
  const kilobyte = units === "decimal" ? 1000 : 1024;
  const [body, base64, timeoutMs] =
    eventType === "origin-request"
      ? [kilobyte ** 2, 1.33 * kilobyte ** 2, 30_000]
      : [40 * kilobyte, 53.2 * kilobyte, 5_000];
  return {
    inputBodyBytes: body,
    outputTextBytes: body,
    // Whole groups of four, so that what is left still decodes.
    outputBase64Characters: Math.floor(base64 / 4) * 4,
    generatedResponseBytes: body,
    timeoutMs,
  };
}
