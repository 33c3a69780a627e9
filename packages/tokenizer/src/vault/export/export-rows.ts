// Taking a vault out: every row, sealed once more, as frames. I/O.

import { createRandomDraw } from "../random-draw.ts";
import { rowKinds } from "../rows/row-names.ts";
import { scanPages } from "../scan-rows.ts";
import type { VaultContext } from "../vault-context.ts";
import { createHeader, encodeFrame, encodeHeader, exportKey, sealFrame } from "./export-frames.ts";

// S rows first, so that whoever tokenizes in a vault that takes the export finds each subject's key before its tokens;
// and again after T rows, of subjects that came meanwhile. H rows last: while others write, one of them may name a token
// whose row was not yet there when T rows were read, and an import leaves such a row out.
const { vault, subject, token, member, index } = rowKinds;
const order = [vault, subject, token, member, subject, index];

/** Frames of an export, tombstones included; rows written meanwhile may or may not be in it. */
export async function* exportRows(context: VaultContext): AsyncGenerator<Uint8Array> {
  const { version, keys } = await context.ring.current();
  const draw = createRandomDraw(context.random);
  const header = createHeader(version, draw);
  const key = exportKey(keys, header);
  try {
    yield encodeFrame(encodeHeader(header));
    let sequence = 0;
    for (const prefix of order) {
      for await (const page of scanPages(context.store, { prefix })) {
        yield encodeFrame(sealFrame(page, { key, header, sequence: sequence++ }, draw));
      }
    }
    yield encodeFrame(sealFrame([], { key, header, sequence }, draw));
  } finally {
    key.fill(0);
    draw.close();
  }
}
