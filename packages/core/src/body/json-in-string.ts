// JSON values as they are spelled in the JSON that a string holds: with the escapes of that string around them. Pure.
import { concat, looseText, sameBytes } from "../bytes/index.ts";
import type { Codec, ValueCodec } from "./codec.ts";
import { json } from "./json.ts";
import { decodeJsonString } from "./json-string.ts";
import type { Match } from "./match.ts";

const quote = Uint8Array.of(0x22);

/** How values are read and written there; bodies of this grammar there are none. */
export const jsonInString: Codec = {
  ...json,
  name: "json-in-string",
  grammar: "json-in-string",
  quote: '\\"',
  decodeValue: (raw) => json.decodeValue(tokenOf(raw)),
  encodeValue: (text) => spell(json.encodeValue(text)!),
  encodeText: (text) => spell(json.encodeText(text)!),
  isValue: (raw) => json.isValue(concat([quote, raw, quote])) && json.isValue(tokenOf(raw)),
};

/** The codec that writes in the place of a match. */
export function codecAt(codec: ValueCodec, { within }: Pick<Match, "within">): ValueCodec {
  return within === undefined ? codec : jsonInString;
}

/** The JSON token behind its spelling in a string. */
export function tokenOf(raw: Uint8Array): Uint8Array {
  return decodeJsonString(raw, 0, raw.length).bytes;
}

/** The same where the token, spelled as `spell` does, gives these very bytes again; else null. */
export function plainTokenOf(raw: Uint8Array): Uint8Array | null {
  const token = tokenOf(raw);
  const again = spell(token);
  return sameBytes(again, 0, again.length, raw, 0, raw.length) ? token : null;
}

/** A JSON token, or a part of one, in a string: the shortest escapes, and only where they must be. */
export function spell(token: Uint8Array): Uint8Array {
  return json.encodeText(looseText(token))!;
}
