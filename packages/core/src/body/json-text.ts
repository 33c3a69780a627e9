// One JSON text, and the JSON texts that its strings hold where a selector goes on in them (`within: "json"`). Pure.
import { byteOrderMarkLength, byteTable } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { DecodedText } from "./codec.ts";
import { createContainer, type JsonScanOptions, type ReadsText, scanJson } from "./json-scanner.ts";
import { decodeJsonString } from "./json-string.ts";
import type { Limits } from "./limits.ts";
import { type MatchState, nothingBelow, type Scan, ValueKind } from "./match.ts";
import { createScan } from "./scan.ts";

/** Scans one JSON text; where a selector counts from the end of an array, a first pass counts the elements. */
export function scanJsonText(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: Omit<JsonScanOptions, "arrayLengths" | "countInto">,
): void {
  if (!options.root.countsLengths) {
    scanJson(bytes, start, end, options);
    return;
  }
  const arrayLengths: number[] = [];
  scanJson(bytes, start, end, { ...options, root: nothingBelow, into: createScan(), countInto: arrayLengths });
  scanJson(bytes, start, end, { ...options, arrayLengths });
}

// What a JSON object or array in a string can begin with: itself, white space, an escape, a byte order mark.
const mayBegin: Uint8Array = byteTable(/[\0- [\\{\xef]/);

/**
 * Reads the JSON in strings, one level deep: a string in it that begins as JSON again is `unread`, as is one that is
 * not well-formed. Whether that matters is for the matcher to say.
 */
export function createTextReader(into: Scan, limits: Limits): ReadsText {
  const containers = createContainer(null);
  return (bytes, from, to, state) => {
    const root = state.inText();
    const quote = from - 1;
    const text = textIn(bytes, from, to);
    if (text === null) return noteDoubtful(into, root, { kind: ValueKind.string, start: quote });
    const { offsets } = text;
    const scan = createScan();
    scan.selected = into.selected;
    const readText: ReadsText = (inner, start, end, at) =>
      textIn(inner, start, end) !== null && noteDoubtful(scan, at, { kind: ValueKind.unread, start });
    try {
      scanJsonText(text.bytes, 0, text.bytes.length, { root, limits, into: scan, containers, readText });
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      if (error.code === "BODY_MALFORMED") return noteDoubtful(into, root, { kind: ValueKind.unread, start: quote });
      throw new FieldsealError(error.code, error.message, { offset: offsets[error.offset ?? 0]! });
    }
    into.selected = scan.selected;
    // The value at the root stands for its string: `required` leads on from either.
    const place = (at: number): number => (at <= text.start ? quote : offsets[at]!);
    for (const match of scan.matches) {
      const { start, end, outerStart, parent } = match;
      const span = { start: place(start), end: offsets[end]!, outerStart: place(outerStart), parent: place(parent) };
      into.matches.push({ ...match, ...span, within: { text, match } });
    }
    for (const { start, end, isName } of scan.longTexts) {
      const within = { start: offsets[start - 1]!, end: offsets[end + 1]! };
      into.longTexts.push({ start: offsets[start]!, end: offsets[end]!, escaped: true, isName, within });
    }
    return true;
  };
}

/** What a string says, where that begins as a JSON object or array at `start`. */
interface TextInString extends DecodedText {
  readonly start: number;
}

function textIn(bytes: Uint8Array, from: number, to: number): TextInString | null {
  if (mayBegin[bytes[from]!] === 0) return null;
  const text = decodeJsonString(bytes, from, to);
  let start = byteOrderMarkLength(text.bytes);
  while (text.bytes[start]! <= 0x20) start++;
  return text.bytes[start] === 0x7b || text.bytes[start] === 0x5b ? { ...text, start } : null;
}

/** Notes a string that cannot be gone on in, where a selector minds. */
function noteDoubtful(
  { matches }: Scan,
  state: MatchState,
  { kind, start }: { readonly kind: ValueKind; readonly start: number },
): false {
  if (state.mismatches.some(({ kinds }) => (kinds & kind) !== 0)) {
    matches.push({ state, kind, start, end: start, outerStart: start, parent: start, empty: false });
  }
  return false;
}
