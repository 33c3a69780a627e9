// What a handler tells about requests: names and numbers, never a value. One JSON line each.
import { FieldsealError } from "@fieldseal/core/errors";

/** Which request was refused, and why. */
export interface RefusalEvent {
  /** `fieldseal.would-refuse` in shadow mode, where the request left all the same. */
  readonly event: "fieldseal.refused" | "fieldseal.would-refuse";
  readonly code: string;
  readonly policy: string;
  readonly requestId: string | undefined;
  readonly field: string | undefined;
  readonly selector: string | undefined;
  readonly offset: number | undefined;
  readonly hint: string | undefined;
  /** From the event's arrival to this line. */
  readonly microseconds: number;
}

/** What was done with a request that a route covers. */
export interface SealedEvent {
  /** `fieldseal.would-seal` in shadow mode, where the request left as it came. */
  readonly event: "fieldseal.sealed" | "fieldseal.would-seal";
  readonly policy: string;
  readonly digest: string;
  /** The route's path pattern. */
  readonly route: string;
  readonly requestId: string | undefined;
  /** How many values each rule took, by its name. */
  readonly fields: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the event's arrival to this line. */
  readonly microseconds: number;
}

/** What an error says that may be logged. */
export function refusalOf(error: unknown): Pick<FieldsealError, "code" | "field" | "selector" | "offset" | "hint"> {
  const known = error instanceof FieldsealError ? error : new FieldsealError("INTERNAL_ERROR", "an unexpected error");
  const { code, field, selector, offset, hint } = known;
  return { code, field, selector, offset, hint };
}
