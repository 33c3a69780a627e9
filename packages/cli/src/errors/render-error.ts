// How an error looks on stderr: text in lower case with hints, or one line of JSON. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { LocatedError } from "./located-error.ts";

export interface RenderOptions {
  readonly json: boolean;
  /** The usage line of the command, where it was used wrongly. */
  readonly usage: string | null;
}

/** 2 for wrong usage, else 1. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof FieldsealError && error.code === "USAGE_INVALID" ? 2 : 1;
}

/** The text of an error, without a final newline. Of an error that is not ours only the class shows. */
export function renderError(error: unknown, { json, usage }: RenderOptions): string {
  const known = error instanceof FieldsealError ? error : unexpected(error);
  const { code, message, field, selector, offset, pointer, kid, hint } = known;
  const place = known instanceof LocatedError ? known.place : null;
  if (json) {
    const { retryable } = known;
    return JSON.stringify({
      error: { code, message, ...place, field, selector, offset, pointer, kid, hint, retryable },
    });
  }
  const where = place === null ? "" : `${place.file}:${place.line}:${place.column}: `;
  const details = Object.entries({ field, selector, offset }).filter(([, value]) => value !== undefined);
  const lines = [
    `error[${code}]: ${where}${message}`,
    ...(details.length === 0 ? [] : [`  ${details.map(([name, value]) => `${name}: ${value}`).join("  ")}`]),
    ...(usage === null ? [] : [`usage: ${usage}`]),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
  return lines.map(printable).join("\n");
}

/** `text` without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

function unexpected(error: unknown): FieldsealError {
  const name = error instanceof Error ? error.name : typeof error;
  return new FieldsealError("INTERNAL_ERROR", `the command failed unexpectedly (${name})`);
}
