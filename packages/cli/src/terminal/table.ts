// Tables of plain text. Pure.
import { printable } from "../errors/render-error.ts";

/** Rows under headings, columns padded; each line ends with a newline. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) => all.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
