// What the CloudFront emulator remembers of each request: sizes, names and outcomes, never a body or a header's value.

/** What became of one request at the edge. */
export interface EdgeResult {
  /**
   * `forwarded` to the origin; `generated` by the function; `invalid` result (502); `threw` or `timed-out` (503);
   * `refused` by CloudFront before the function ran; `origin-failed` (502, 504); `fault` from the fault switch.
   */
  readonly outcome:
    | "forwarded"
    | "generated"
    | "invalid"
    | "threw"
    | "timed-out"
    | "refused"
    | "origin-failed"
    | "fault";
  /** HTTP status that the viewer got; 0 when its connection was reset. */
  readonly status: number;
  /** Why, for everything but `forwarded` and `generated`. */
  readonly reason: string | undefined;
  /** Whether the function replaced the body. */
  readonly bodyReplaced: boolean;
  /** Whether CloudFront cut the replaced body at its limit. */
  readonly outputTruncated: boolean;
  /** Bytes of the body that were sent to the origin; undefined when nothing was sent. */
  readonly originBodyBytes: number | undefined;
  /** Lower-case names of the headers that the function added, changed or deleted. */
  readonly headersChanged: readonly string[];
}

/** One request. */
export interface EdgeLogEntry {
  readonly requestId: string;
  readonly method: string;
  /** Path without the query. */
  readonly uri: string;
  /** Bytes of the viewer's body. */
  readonly bodyBytes: number;
  /** Bytes that the function saw; undefined when the event had no body, or no function ran. */
  readonly exposedBytes: number | undefined;
  readonly inputTruncated: boolean;
  readonly result: EdgeResult;
}

/** An outcome that sent nothing to the origin. */
export function notForwarded(outcome: EdgeResult["outcome"], status: number, reason?: string): EdgeResult {
  return {
    outcome,
    status,
    reason,
    bodyReplaced: false,
    outputTruncated: false,
    originBodyBytes: undefined,
    headersChanged: [],
  };
}
