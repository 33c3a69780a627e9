// `fieldseal inspect`: the envelopes on stdin, as far as they can be read without a key. I/O.
import { findAllVersions, parseEnvelope } from "@fieldseal/core/envelope";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import type { Command } from "commander";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** What the text of an envelope tells. */
interface EnvelopeRow {
  /** Byte offset in the input. */
  readonly offset: number;
  readonly alg: string;
  readonly kid: string;
  readonly field: string;
  /** Length in characters. */
  readonly length: number;
  readonly wrappedBytes: number;
  readonly sealedBytes: number;
  /** The longest value, in bytes, that can be inside: padding hides the exact length. */
  readonly valueBytesAtMost: number;
}

/** What looks like an envelope, and is none that this release reads. */
interface UnreadableRow {
  readonly offset: number;
  readonly length: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const ivAndTagLength = 28;
// One byte for the kind, one that ends the value.
const frameLength = 2;

const examples = `
Finds envelopes in any text, and opens none. LENGTH is in characters, WRAPPED and SEALED in bytes; VALUE is the longest
value, in bytes, that can be inside. What has the shape of an envelope and cannot be read is listed behind the others;
then the exit code is 1.

example:
  fieldseal inspect < sealed.json`;

export function configure(command: Command, terminal: Terminal): void {
  command.addHelpText("after", examples).action(() => inspect(terminal));
}

async function inspect(terminal: Terminal): Promise<void> {
  const bytes = await terminal.readInput();
  const envelopes: EnvelopeRow[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const { start, end } of findAllVersions(bytes)) {
    const row = rowOf(start, bytes.subarray(start, end));
    if ("code" in row) unreadable.push(row);
    else envelopes.push(row);
  }
  terminal.report({ envelopes, unreadable }, tableOf(envelopes) + tableOfUnreadable(unreadable));
  terminal.note(envelopes.length === 1 ? "1 envelope" : `${envelopes.length} envelopes`);
  const [first] = unreadable;
  if (first === undefined) return;
  const { code, offset } = first;
  const message = `of ${envelopes.length + unreadable.length} envelopes ${unreadable.length} cannot be read`;
  throw new FieldsealError(code, message, { offset, hint: "the report names each of them" });
}

function tableOf(envelopes: readonly EnvelopeRow[]): string {
  if (envelopes.length === 0) return "";
  const headings = ["OFFSET", "ALG", "KID", "FIELD", "LENGTH", "WRAPPED", "SEALED", "VALUE"];
  const cells = envelopes.map(({ offset, alg, kid, field, length, wrappedBytes, sealedBytes, valueBytesAtMost }) => {
    const sizes = [length, wrappedBytes, sealedBytes].map(String);
    return [String(offset), alg, kid, field, ...sizes, `<= ${valueBytesAtMost}`];
  });
  return table(headings, cells);
}

function tableOfUnreadable(unreadable: readonly UnreadableRow[]): string {
  if (unreadable.length === 0) return "";
  const cells = unreadable.map(({ offset, length, code, message }) => [String(offset), String(length), code, message]);
  return table(["OFFSET", "LENGTH", "UNREADABLE", ""], cells);
}

function rowOf(offset: number, text: Uint8Array): EnvelopeRow | UnreadableRow {
  const { length } = text;
  try {
    const { alg, kid, field, wrapped, iv, sealed } = parseEnvelope(text);
    const sealedBytes = iv.length + sealed.length;
    const valueBytesAtMost = sealedBytes - ivAndTagLength - frameLength;
    return { offset, alg, kid, field, length, wrappedBytes: wrapped.length, sealedBytes, valueBytesAtMost };
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return { offset, length, code: error.code, message: error.message };
  }
}
