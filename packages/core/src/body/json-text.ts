// One JSON text, and the JSON texts that its strings hold where a selector goes on in them (`within: "json"`). Pure.
import { byteOrderMarkLength, byteTable } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { DecodedText } from "./codec.ts";
import { createJsonStack, type JsonScanOptions, type ReadsText, scanJson } from "./json-scanner.ts";
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
  const stack = createJsonStack();
  return (bytes, from, to, state) => {
    const root = state.inText();
    const found = textIn(bytes, from, to);
    if (found === null) return noteDoubtful(into, root, ValueKind.string, { start: from - 1, end: to + 1 });
    const { text, start: rootStart } = found;
    const scan = createScan();
    scan.selected = into.selected;
    const readText: ReadsText = (inner, start, end, at) =>
      textIn(inner, start, end) !== null &&
      noteDoubtful(scan, at, ValueKind.unread, { start: start - 1, end: end + 1 });
    try {
      scanJsonText(text.bytes, 0, text.bytes.length, { root, limits, into: scan, stack, readText });
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      if (error.code === "BODY_MALFORMED") {
        return noteDoubtful(into, root, ValueKind.unread, { start: from - 1, end: to + 1 });
      }
      throw new FieldsealError(error.code, error.message, { offset: text.offsets[error.offset ?? 0]! });
    }
    into.selected = scan.selected;
    const { offsets } = text;
    for (const match of scan.matches) {
      const { start, end, outerStart, parent } = match;
      const quote = from - 1;
      // The value at the root stands for its string: `required` leads on from either.
      const span =
        parent === -1
          ? { start: quote, end: to + 1, outerStart: quote, parent: quote }
          : {
              start: offsets[start]!,
              end: offsets[end]!,
              outerStart: offsets[outerStart]!,
              parent: parent === rootStart ? quote : offsets[parent]!,
            };
      into.matches.push({ ...match, ...span, within: { text, match } });
    }
    for (const { start, end, escaped, isName } of scan.longTexts) {
      const [first, last] = [offsets[start]!, offsets[end]!];
      const within = { start: offsets[start - 1]!, end: offsets[end + 1]! };
      // An escape takes more bytes than what it stands for.
      const isEscaped = escaped || last - first > end - start;
      into.longTexts.push({ start: first, end: last, escaped: isEscaped, isName, within });
    }
    return true;
  };
}

/** What the string `bytes[from, to)` says, where that begins as a JSON object or array. */
function textIn(
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly text: DecodedText; readonly start: number } | null {
  if (mayBegin[bytes[from]!] === 0) return null;
  const text = decodeJsonString(bytes, from, to);
  let start = byteOrderMarkLength(text.bytes);
  while (text.bytes[start]! <= 0x20) start++;
  return text.bytes[start] === 0x7b || text.bytes[start] === 0x5b ? { text, start } : null;
}

/** Notes a string that cannot be gone on in, where a selector minds. */
function noteDoubtful(
  into: Scan,
  state: MatchState,
  kind: ValueKind,
  { start, end }: { readonly start: number; readonly end: number },
): false {
  if (state.mismatches.some(({ kinds }) => (kinds & kind) !== 0)) {
    into.matches.push({ state, kind, start, end, outerStart: start, parent: start, empty: false });
  }
  return false;
}
