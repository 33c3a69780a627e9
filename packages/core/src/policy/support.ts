// The one error for grammar that is understood but not built. Pure.
import type { Place } from "../config/index.ts";
import { FieldsealError } from "../errors/index.ts";

/** `POLICY_UNSUPPORTED` at a place. */
export function unsupported(place: Pick<Place, "pointer">, what: string): FieldsealError {
  const message = `${place.pointer}: ${what} are not supported by this release`;
  return new FieldsealError("POLICY_UNSUPPORTED", message, { pointer: place.pointer });
}
