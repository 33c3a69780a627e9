// Limits that callers of this package set. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * Refuses limits that limit nothing: nothing is above NaN, and where nothing may begin everything waits without end.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` unless each limit that is given is positive and finite.
 */
export function checkLimits(limits: Readonly<Record<string, number | undefined>>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === undefined || (Number.isFinite(limit) && limit > 0)) continue;
    throw new FieldsealError("CONFIG_INVALID", `${name} must be positive and finite`);
  }
}
