// `fieldseal inspect`: the envelopes on stdin, as far as they can be read without a key. I/O.
import { type Envelope, findEnvelopes, parseEnvelope } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Command } from "commander";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

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

const ivAndTagLength = 28;
// One byte for the kind, one that ends the value.
const frameLength = 2;

const examples = `
Finds envelopes in any text, and opens none. LENGTH is in characters, WRAPPED and SEALED in bytes; VALUE is the longest
value, in bytes, that can be inside.

example:
  fieldseal inspect < sealed.json`;

export function configure(command: Command, terminal: Terminal): void {
  command.addHelpText("after", examples).action(() => inspect(terminal));
}

async function inspect(terminal: Terminal): Promise<void> {
  const bytes = await terminal.readInput();
  const rows = findEnvelopes(bytes).map(({ start, end }) => rowOf(start, bytes.subarray(start, end)));
  const headings = ["OFFSET", "ALG", "KID", "FIELD", "LENGTH", "WRAPPED", "SEALED", "VALUE"];
  const cells = rows.map(({ offset, alg, kid, field, length, wrappedBytes, sealedBytes, valueBytesAtMost }) => {
    const sizes = [length, wrappedBytes, sealedBytes].map(String);
    return [String(offset), alg, kid, field, ...sizes, `<= ${valueBytesAtMost}`];
  });
  terminal.report({ envelopes: rows }, rows.length === 0 ? "" : table(headings, cells));
  terminal.note(rows.length === 1 ? "1 envelope" : `${rows.length} envelopes`);
}

function rowOf(offset: number, text: Uint8Array): EnvelopeRow {
  const { alg, kid, field, wrapped, iv, sealed } = parseAt(offset, text);
  const sealedBytes = iv.length + sealed.length;
  return {
    offset,
    alg,
    kid,
    field,
    length: text.length,
    wrappedBytes: wrapped.length,
    sealedBytes,
    valueBytesAtMost: sealedBytes - ivAndTagLength - frameLength,
  };
}

function parseAt(offset: number, text: Uint8Array): Envelope {
  try {
    return parseEnvelope(text);
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    throw new FieldsealError(error.code, error.message, { offset });
  }
}
