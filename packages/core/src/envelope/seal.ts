// Writing native envelopes (docs/wire-format.md). Pure; primitives arrive as arguments.
import {
  base64urlLength,
  lengthPrefixed,
  pooledBytes,
  writeAscii,
  writeBase64url,
  writeLength,
} from "../bytes/index.ts";
import { type Alg, algorithmOf } from "./algorithms.ts";
import type { SealingKey } from "./keys.ts";
import { frame, framedLength, type PlaintextKind } from "./plaintext.ts";
import type { SealPrimitives } from "./primitives.ts";
import { ivLength, tagLength } from "./syntax.ts";

/** What is said of an envelope before a data key exists. */
export interface EnvelopeShape {
  readonly alg: Alg;
  readonly kid: string;
  readonly field: string;
  /** Bytes of a wrapped data key: the modulus length, or that of a compressed point. */
  readonly wrappedLength: number;
  /** Plaintext is padded to a multiple of this many bytes; 1 = not at all. */
  readonly pad: number;
}

const terminator = ".fs";
/** Version, algorithm letter and dots. */
const startLength = "fs1.r....".length;

/** Length in characters of the envelope of a value of `valueLength` bytes. */
export function envelopeLength(shape: EnvelopeShape, valueLength: number): number {
  const sealed = ivLength + framedLength(valueLength, shape.pad) + tagLength;
  return headerLength(shape) + base64urlLength(sealed) + terminator.length;
}

/** Seals values of one field of one request. */
export interface FieldSealer {
  /** Writes the envelope of `body[start, end)` as ASCII into `out` at `at`; returns the offset behind it. */
  seal(body: Uint8Array, start: number, end: number, iv: Uint8Array, out: Uint8Array, at: number): number;
}

/** What a field's sealing is prepared from. */
export interface FieldSealerInput {
  readonly shape: EnvelopeShape;
  readonly kind: PlaintextKind;
  /** The wrapped data key, as `spellWrapped` has it. */
  readonly wrappedText: Uint8Array;
  readonly key: SealingKey;
  /** Canonical bytes, from `encodeContext`. */
  readonly context: Uint8Array;
}

/** Prepares the sealing of one field: the header and its AAD are the same for all its values in a request. */
export function createFieldSealer(input: FieldSealerInput, primitives: SealPrimitives): FieldSealer {
  const { shape, kind, wrappedText, key, context } = input;
  const { header, aad } = bind(shape, wrappedText, context);
  return {
    seal(body, start, end, iv, out, at) {
      const plaintext = frame(kind, body, start, end, shape.pad);
      const sealed = new Uint8Array(ivLength + plaintext.length + tagLength);
      sealed.set(iv);
      primitives.sealAesGcm(key, iv, aad, plaintext, sealed, ivLength);
      out.set(header, at);
      return writeAscii(terminator, out, writeBase64url(sealed, out, at + header.length));
    },
  };
}

/** A wrapped data key as it stands in envelopes: base64url ASCII. */
export function spellWrapped(wrapped: Uint8Array): Uint8Array {
  const text = pooledBytes(base64urlLength(wrapped.length));
  writeBase64url(wrapped, text, 0);
  return text;
}

function headerStart({ alg, kid, field }: EnvelopeShape): string {
  return `fs1.${algorithmOf(alg).letter}.${kid}.${field}.`;
}

function headerLength({ kid, field, wrappedLength }: EnvelopeShape): number {
  return startLength + kid.length + field.length + base64urlLength(wrappedLength);
}

/** AAD = lp(header) || context: one array for both, as the header is the text that it authenticates. */
function bind(
  shape: EnvelopeShape,
  wrappedText: Uint8Array,
  context: Uint8Array,
): { readonly header: Uint8Array; readonly aad: Uint8Array } {
  const length = headerLength(shape);
  const from = lengthPrefixed(0);
  const aad = pooledBytes(from + length + context.length);
  writeLength(length, aad, 0);
  const wrappedAt = writeAscii(headerStart(shape), aad, from);
  aad.set(wrappedText, wrappedAt);
  writeAscii(".", aad, wrappedAt + wrappedText.length);
  aad.set(context, from + length);
  return { header: aad.subarray(from, from + length), aad };
}
