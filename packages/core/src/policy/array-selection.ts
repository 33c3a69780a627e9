// Which elements an index, slice or wildcard selects (RFC 9535 sections 2.3.2 to 2.3.4). Pure.
import type { Selector } from "./selector.ts";

/** True where the array's length is needed to tell. */
export function countsFromTheEnd(selector: Selector): boolean {
  if (selector.kind === "index") return selector.index < 0;
  if (selector.kind !== "slice") return false;
  return selector.step < 0 || (selector.start ?? 0) < 0 || (selector.end ?? 0) < 0;
}

/** True where `selector` selects element `index`; for index -1, where it selects any. `length` is only looked at by selectors that count from the end. */
export function selectsElement(selector: Selector, index: number, length: number): boolean {
  if (selector.kind === "wildcard" || (index < 0 && selector.kind !== "name")) return true;
  if (selector.kind === "index") return selector.index === (selector.index < 0 ? index - length : index);
  return selector.kind === "slice" && sliceHolds(selector, index, length);
}

/** RFC 9535 section 2.3.4.2.2. */
function sliceHolds(slice: Selector & { kind: "slice" }, index: number, length: number): boolean {
  const { step } = slice;
  const normal = (bound: number): number => (bound >= 0 ? bound : length + bound);
  if (step > 0) {
    const lower = Math.max(normal(slice.start ?? 0), 0);
    const upper = slice.end === undefined ? Number.POSITIVE_INFINITY : normal(slice.end);
    return index >= lower && index < upper && (index - lower) % step === 0;
  }
  if (step === 0) return false;
  const upper = Math.min(normal(slice.start ?? length - 1), length - 1);
  const lower = slice.end === undefined ? -1 : Math.max(normal(slice.end), -1);
  return index <= upper && index > lower && (upper - index) % -step === 0;
}
