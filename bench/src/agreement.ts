// Contenders must agree before they are timed: what each made must open to the plaintext that all were given.
import { deepStrictEqual } from "node:assert/strict";

/**
 * Throws unless `opened` is the document `expected`, both parsed.
 *
 * @param loosely values compare as text, for a contender that loses the types of values
 */
export function requireAgreement(who: string, opened: unknown, expected: unknown, loosely = false): void {
  const spelled = (value: unknown): unknown =>
    loosely ? JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "number" ? String(v) : v))) : value;
  try {
    deepStrictEqual(spelled(opened), spelled(expected));
  } catch (cause) {
    throw new Error(`${who}: disagrees with the document`, { cause });
  }
}
