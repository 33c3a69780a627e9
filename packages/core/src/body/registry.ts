// Which codec reads a media type: one row each. Pure.
import type { Codec, Grammar } from "./codec.ts";
import { form } from "./form.ts";
import { json } from "./json.ts";
import { jsonInString } from "./json-in-string.ts";
import type { MediaType } from "./media-type.ts";
import { multipart } from "./multipart.ts";
import { ndjson } from "./ndjson.ts";
import { text } from "./text.ts";
import { xml } from "./xml.ts";

interface Row {
  readonly codec: Codec;
  readonly reads: (essence: string) => boolean;
}

const lineTypes = /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines)$|\+x-ndjson$/;

const rows: readonly Row[] = [
  { codec: json, reads: (essence) => essence === "application/json" || essence.endsWith("+json") },
  { codec: form, reads: (essence) => essence === "application/x-www-form-urlencoded" },
  { codec: multipart, reads: (essence) => essence === "multipart/form-data" },
  { codec: ndjson, reads: (essence) => lineTypes.test(essence) },
  { codec: xml, reads: (essence) => /^(?:application|text)\/xml$|\+xml$/.test(essence) },
  { codec: text, reads: (essence) => essence === "text/plain" },
];

/** The codec of a media type; null where there is none. */
export function codecFor(mediaType: MediaType): Codec | null {
  return rows.find((row) => row.reads(mediaType.essence))?.codec ?? null;
}

/** The codec that knows how values of a grammar are spelled. */
export function codecOf(grammar: Grammar): Codec | null {
  if (grammar === jsonInString.grammar) return jsonInString;
  return rows.find((row) => row.codec.grammar === grammar)?.codec ?? null;
}
