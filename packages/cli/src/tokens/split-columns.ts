// The value of `--columns`: names apart from each other and from their formats. Pure.

/** One column, and the format that stands behind its `=`. */
export interface NamedColumn {
  readonly name: string;
  readonly format?: string;
}

/**
 * Splits `a=FORMAT,b` at its commas; with `selectors`, those in the brackets of `$.a` and `$['a','b']` are none of them.
 */
export function splitColumns(text: string, selectors: boolean): NamedColumn[] {
  const columns: NamedColumn[] = [];
  for (let start = 0; start <= text.length; ) {
    const isSelector = selectors && /^\$[.[]/.test(text.slice(start, start + 2));
    const nameEnd = isSelector ? bracketsEnd(text, start) : start;
    const comma = text.indexOf(",", nameEnd);
    const end = comma < 0 ? text.length : comma;
    const equals = text.lastIndexOf("=", end - 1);
    if (equals < nameEnd || equals < start) columns.push({ name: text.slice(start, end) });
    else columns.push({ name: text.slice(start, equals), format: text.slice(equals + 1, end) });
    start = end + 1;
  }
  return columns;
}

/** Offset behind the last bracket of the selector at `start`; in brackets, quotes hold names that may hold anything. */
function bracketsEnd(text: string, start: number): number {
  let behind = start;
  let isInside = false;
  let quote = "";
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== "") {
      if (char === "\\") at++;
      else if (char === quote) quote = "";
    } else if (isInside && (char === "'" || char === '"')) quote = char;
    else if (char === "[") isInside = true;
    else if (char === "]") {
      isInside = false;
      behind = at + 1;
    } else if (char === "," && !isInside) break;
  }
  // An unfinished bracket takes the rest, and is refused as the selector that it is.
  return isInside ? text.length : behind;
}
