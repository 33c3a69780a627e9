// Writing values as JWE compact serialization, RSA-OAEP-256 + A256GCM (RFC 7516 section 7.1). Pure.
import { base64urlLength, pooledBytes, utf8Bytes, writeAscii, writeBase64url } from "../../bytes/index.ts";
import type { SealPrimitives } from "../primitives.ts";
import type { EnvelopeShape, FieldSealer, FieldSealerInput } from "../seal.ts";
import { ivLength, tagLength } from "../syntax.ts";
import { contextDigest, jweHeaderText } from "./jwe-header.ts";

const digestPlaceholder = "0".repeat(43);

/** Length in characters of the JWE of a value of `valueLength` bytes. */
export function jweLength(
  { kid, field, wrappedLength }: EnvelopeShape,
  kind: FieldSealerInput["kind"],
  valueLength: number,
): number {
  const header = utf8Bytes(jweHeaderText({ kid, field, kind, ctx: digestPlaceholder })).length;
  return [header, wrappedLength, ivLength, valueLength, tagLength].reduce((sum, n) => sum + base64urlLength(n), 4);
}

/** Prepares the sealing of one field: header and wrapped key are the same for all its values in a request. */
export function createJweSealer(input: FieldSealerInput, primitives: SealPrimitives): FieldSealer {
  const { shape, kind, wrappedText, key, context } = input;
  const ctx = contextDigest(context, primitives);
  const header = utf8Bytes(jweHeaderText({ kid: shape.kid, field: shape.field, kind, ctx }));
  const aad = new Uint8Array(base64urlLength(header.length));
  writeBase64url(header, aad, 0);
  const start = pooledBytes(aad.length + wrappedText.length + 2);
  start.set(aad);
  start.set(wrappedText, writeAscii(".", start, aad.length));
  start[start.length - 1] = 0x2e;
  return {
    seal(body, from, to, iv, out, at) {
      const sealed = new Uint8Array(to - from + tagLength);
      primitives.sealAesGcm(key, iv, aad, body.subarray(from, to), sealed, 0);
      out.set(start, at);
      let write = writeAscii(".", out, writeBase64url(iv, out, at + start.length));
      write = writeAscii(".", out, writeBase64url(sealed.subarray(0, to - from), out, write));
      return writeBase64url(sealed.subarray(to - from), out, write);
    },
  };
}
