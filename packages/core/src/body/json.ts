// The JSON codec (RFC 8259): application/json and every +json. Pure.
import { byteOrderMarkLength, looseText, utf8Bytes } from "../bytes/index.ts";
import { FieldsealError } from "../errors/index.ts";
import type { Codec, ScanInput } from "./codec.ts";
import { scanJson } from "./json-scanner.ts";
import { decodeInnerString, decodeJsonString, writeJsonString } from "./json-string.ts";
import { createTextReader, scanJsonText } from "./json-text.ts";
import { valueLimits } from "./limits.ts";
import { type Match, nothingBelow } from "./match.ts";
import { removeSeparated } from "./remove-separated.ts";
import { createScan } from "./scan.ts";
import { type Edit, replacement } from "./splice.ts";
import { whiteSpace } from "./white-space.ts";

const nullToken = utf8Bytes("null");

export const json: Codec = {
  name: "json",
  grammar: "json",
  shape: "tree",
  quote: '"',
  scan: ({ bytes, root, limits }: ScanInput) => {
    const into = createScan();
    scanJsonText(bytes, byteOrderMarkLength(bytes), bytes.length, {
      root,
      limits,
      into,
      readText: createTextReader(into, limits),
    });
    return into;
  },
  decodeText: (body, { start, end, within }) => (within ? decodeInnerString : decodeJsonString)(body, start, end),
  decodeValue: (raw) => (raw[0] === 0x22 ? (JSON.parse(looseText(raw)) as string) : looseText(raw)),
  encodeValue: writeJsonString,
  encodeText: (text) => writeJsonString(text).subarray(1, -1),
  remove: removeValues,
  isValue: (raw) => {
    if (raw.length === 0 || whiteSpace[raw[0]!] === 1 || whiteSpace[raw[raw.length - 1]!] === 1) return false;
    try {
      scanJson(raw, 0, raw.length, { root: nothingBelow, limits: valueLimits, into: createScan() });
      return true;
    } catch (error) {
      if (error instanceof FieldsealError) return false;
      throw error;
    }
  },
};

/** In the JSON of a string, commas and white space may be escapes: they are looked for in what the string says. */
function removeValues(body: Uint8Array, matches: readonly Match[]): Edit[] {
  return Array.from(
    Map.groupBy(matches, ({ within }) => within?.start),
    ([start, found]) => {
      if (start === undefined) return removeFrom(body, found);
      const { bytes, offsets } = decodeJsonString(body, start, found[0]!.within!.end);
      const inner = found.map(({ within }) => within!.match);
      return removeFrom(bytes, inner).map((edit) => ({
        ...edit,
        start: offsets[edit.start]!,
        end: offsets[edit.end]!,
      }));
    },
  ).flat();
}

/** A member goes with one adjacent comma; an element of an array, whose place counts, and the root become null. */
function removeFrom(text: Uint8Array, matches: readonly Match[]): Edit[] {
  const isMember = (match: Match): boolean => match.outerStart !== match.start;
  const members = removeSeparated(text, matches.filter(isMember), 0x2c);
  const others = matches.filter((match) => !isMember(match));
  return [...members, ...others.map(({ start, end }) => replacement(start, end, nullToken))];
}
