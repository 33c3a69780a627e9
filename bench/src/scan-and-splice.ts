// The product's way with a body, without cryptography: scan, select, put a prepared text in the place of each field.
import { Buffer, isUtf8 } from "node:buffer";
import { applyEdits, codecFor, type Edit, parseMediaType, type SpliceOptions } from "@fieldseal/core/body";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import type { BenchDocument } from "./documents.ts";
import { newKey } from "./keys.ts";
import { policyDocument } from "./policies.ts";

// As the edge's primitives.
const options: SpliceOptions = {
  allocate: (length) => Buffer.allocUnsafe(length),
  copy: (source, start, end, target, at) => {
    Buffer.prototype.copy.call(source, target, at, start, end);
  },
};

/** Bytes in, bytes out, every sensitive field of `document` replaced by the string `text`. */
export function scanAndSplice(document: BenchDocument, text: string): () => Uint8Array {
  const [route] = parsePolicy(policyDocument(document, newKey("P-256"))).routes;
  const mediaType = parseMediaType("application/json");
  const codec = codecFor(mediaType)!;
  const quoted = Buffer.from(JSON.stringify(text));
  const write = (out: Uint8Array, at: number): void => out.set(quoted, at);
  return () => {
    const { bytes } = document;
    if (!isUtf8(bytes)) throw new Error("not UTF-8");
    const { matches } = codec.scan({ bytes, mediaType, root: route!.matcher, limits: route!.limits, isUtf8 });
    const edits: Edit[] = [];
    for (const { state, start, end } of matches) {
      if (state.selects.length > 0) edits.push({ start, end, length: quoted.length, write });
    }
    return applyEdits(bytes, edits, options);
  };
}
