// A remark on a policy, or on what samples say of it. Types only.
import type { FilePlace } from "../located-error.ts";

/** One remark; `kind` is stable, for programs. */
export interface Warning {
  readonly kind: string;
  readonly message: string;
  readonly place?: FilePlace;
  readonly hint?: string;
}
