// How numbers are spelled.

/** Three significant digits at most: 0.004, 0.42, 1.27, 14.8, 1,240. */
export function shortNumber(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  if (value !== 0 && Math.abs(value) < 0.01) return value.toFixed(3);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Microseconds in the unit that reads best. */
export function duration(microseconds: number): string {
  if (microseconds < 1000) return `${shortNumber(microseconds)} us`;
  return microseconds < 1e6 ? `${shortNumber(microseconds / 1000)} ms` : `${shortNumber(microseconds / 1e6)} s`;
}
