// The wrapped key that was read last, compared by the platform: byte by byte it costs as much as decoding it. Pure.
import { Buffer } from "node:buffer";
import type { LastWrapped } from "@fieldseal/core/envelope";

const nothing = Buffer.alloc(0);

export function createLastWrapped(): LastWrapped {
  let last: Buffer = nothing;
  // No accessors: an object that has them costs the engine a shape of its own, and there is one for each record.
  const known = {
    bytes: nothing as Uint8Array,
    length: 0,
    isAt: (text: Uint8Array, from: number) => last.length > 0 && last.compare(text, from, from + last.length) === 0,
    keep: (text: Uint8Array, bytes: Uint8Array) => {
      last = Buffer.from(text.buffer, text.byteOffset, text.length);
      known.bytes = bytes;
      known.length = text.length;
    },
  };
  return known;
}
