// The wrapped key that was read last, compared by the platform: byte by byte it costs as much as decoding it. Pure.
import { Buffer } from "node:buffer";
import type { LastWrapped } from "@fieldseal/core/envelope";

const nothing = Buffer.alloc(0);

export function createLastWrapped(): LastWrapped {
  let last: Buffer = nothing;
  let bytes: Uint8Array = nothing;
  return {
    get bytes() {
      return bytes;
    },
    get length() {
      return last.length;
    },
    isAt: (text, from) => last.length > 0 && last.compare(text, from, from + last.length) === 0,
    keep: (text, read) => {
      last = Buffer.from(text.buffer, text.byteOffset, text.length);
      bytes = read;
    },
  };
}
