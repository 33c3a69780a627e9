// A remark on a policy, or on what samples say of it. Types only.
import type { FilePlace } from "../errors/located-error.ts";

/** One remark; `kind` is stable, for programs. */
export interface Warning {
  readonly kind: string;
  readonly message: string;
  readonly place?: FilePlace;
  readonly hint?: string;
}

/** What a route is found to be; its place is the route's property. */
export interface Remark extends Omit<Warning, "place"> {
  readonly property: string;
}
