// How a guard answers what it refuses: problem details (RFC 9457) and one line of log; never a value.
import type { ErrorCode } from "@fieldseal/core/errors";
import { refusalOf } from "../cloudfront/log-events.ts";
import { problemText } from "../cloudfront/problem.ts";

/** Which request a guard refused, and why. */
export interface GuardEvent {
  readonly event: "fieldseal.guard-refused";
  readonly code: string;
  readonly policy: string;
  readonly field: string | undefined;
  readonly selector: string | undefined;
  readonly offset: number | undefined;
  readonly hint: string | undefined;
}

/** An answer in the terms of any framework. */
export interface GuardAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const statusOf: Partial<Record<ErrorCode, number>> = { BODY_TOO_LARGE: 413, EVENT_INVALID: 500, INTERNAL_ERROR: 500 };

/** The answer to an error, and its line of log. */
export function answerOf(error: unknown, policy: string): { readonly event: GuardEvent; readonly answer: GuardAnswer } {
  const refusal = refusalOf(error);
  const status = statusOf[refusal.code] ?? 400;
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return {
    event: { event: "fieldseal.guard-refused", policy, ...refusal },
    answer: { status, headers, body: problemText(refusal.code, status) },
  };
}
