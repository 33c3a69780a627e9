// One check of a deployment, as a row of the report. Pure.

/** What was looked at, whether it holds, and what to do where it does not. */
export interface Check {
  /** Name of the check, for programs. */
  readonly check: string;
  /** What it was held against: the bundle, the function, a behavior's path pattern, a key id. */
  readonly subject: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do; null where nothing is wrong. */
  readonly hint: string | null;
}

/** Makes the checks of one subject. */
export function checksOf(subject: string): (check: string, ok: boolean, found: string, hint: string) => Check {
  return (check, ok, found, hint) => ({ check, subject, ok, found, hint: ok ? null : hint });
}
