// NDJSON as records: one JSON object (RFC 8259) a line; string members at its top level are replaced where they stand,
// and every other byte stays.
import { TextDecoder } from "node:util";
import { FieldsealError } from "@fieldseal/core/errors";
import { type Cells, type RecordCodec, recordFault, type StreamRecord, unchanged } from "./record.ts";

/** UTF-16 units of the longest line. */
const maxLineLength = 16 * 1024 * 1024;

/** Every line as a record; blank lines stay. */
export async function* ndjsonRecords(
  source: AsyncIterable<Uint8Array | string>,
  codec: RecordCodec,
): AsyncGenerator<StreamRecord> {
  let number = 0;
  for await (const line of lines(source)) {
    number++;
    yield line.trim() === "" ? unchanged(line, number) : recordOf(line, number, codec);
  }
}

/** Lines with their line ends. */
async function* lines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of source) {
    const text = typeof chunk === "string" ? chunk : decode(decoder, chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      yield rest + text.slice(start, end + 1);
      rest = "";
      start = end + 1;
    }
    rest += text.slice(start);
    if (rest.length > maxLineLength)
      throw new FieldsealError("RECORD_INVALID", `a line exceeds ${maxLineLength} characters`);
  }
  rest += decode(decoder);
  if (rest !== "") yield rest;
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new FieldsealError("BODY_NOT_UTF8", "the stream is not well-formed UTF-8");
  }
}

/** Where a top-level member's value stands in the line. */
interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function recordOf(line: string, number: number, { read, added }: RecordCodec): StreamRecord {
  const fault = (what: string, column?: string): FieldsealError =>
    recordFault("RECORD_INVALID", { record: number, what, ...(column === undefined ? {} : { column }) });
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw fault("not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw fault("not a JSON object");
  const cells: Record<string, string | undefined> = Object.create(null);
  const spans = new Map<string, Member>();
  for (const member of topLevelMembers(line)) {
    const { name, start, end } = member;
    if (added.includes(name)) throw fault("is there already", name);
    if (!read.includes(name)) continue;
    if (spans.has(name)) throw fault("is there twice", name);
    spans.set(name, member);
    const value: unknown = JSON.parse(line.slice(start, end));
    if (value !== null && typeof value !== "string") throw fault("takes a string", name);
    cells[name] = value ?? undefined;
  }
  return { number, cells, write: (changed) => written(line, spans, { changed, added }) };
}

function written(
  line: string,
  spans: ReadonlyMap<string, Member>,
  { changed, added }: { readonly changed: Cells; readonly added: readonly string[] },
): string {
  let text = "";
  let at = 0;
  for (const { name, start, end } of [...spans.values()].sort((a, b) => a.start - b.start)) {
    if (changed[name] === undefined || added.includes(name)) continue;
    text += line.slice(at, start) + JSON.stringify(changed[name]);
    at = end;
  }
  text += line.slice(at);
  const more = added.filter((name) => changed[name] !== undefined);
  if (more.length === 0) return text;
  // The record is an object that holds what was changed, so it is not empty.
  const close = text.lastIndexOf("}");
  const members = more.map((name) => `,${JSON.stringify(name)}:${JSON.stringify(changed[name])}`).join("");
  return text.slice(0, close) + members + text.slice(close);
}

/** Members of the object in `line`, which is known to be JSON: only its strings and brackets need a look. */
function topLevelMembers(line: string): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let name: string | null = null;
  let start = -1;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '"') {
      const end = stringEnd(line, i);
      if (depth === 1 && start < 0) name = JSON.parse(line.slice(i, end)) as string;
      i = end - 1;
    } else if (c === "{" || c === "[") depth++;
    else if (depth === 1 && c === ":") start = i + 1;
    else if (c === "}" || c === "]") {
      if (--depth === 0) finish(i);
    } else if (c === "," && depth === 1) finish(i);
  }
  return members;

  function finish(at: number): void {
    if (name === null) return;
    const raw = line.slice(start, at);
    const from = start + raw.length - raw.trimStart().length;
    members.push({ name, start: from, end: from + raw.trim().length });
    name = null;
    start = -1;
  }
}

/** Index behind the string that begins at `start`. */
function stringEnd(line: string, start: number): number {
  let i = start + 1;
  while (line[i] !== '"') i += line[i] === "\\" ? 2 : 1;
  return i + 1;
}
