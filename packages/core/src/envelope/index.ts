export type { Alg } from "./algorithms.ts";
export { algorithmOf } from "./algorithms.ts";
export type { Context } from "./context.ts";
export { contextKeySyntax, encodeContext, maxContextPairs } from "./context.ts";
export { asDataKey, dataKeyLength, decryptionFailed, drawDataKey } from "./data-key.ts";
export { dhkemSharedSecret } from "./dhkem.ts";
export { holdsSealedText } from "./formats/holds-sealed-text.ts";
export type {
  CloudFrontNativeKey,
  DirectPair,
  Format,
  FormatSettings,
  FoundValue,
  SealedValue,
} from "./formats/index.ts";
export { checkDirectPairs, findSealed, looksSealed, readNative } from "./formats/index.ts";
export { type JweHeader, jweHeaderText } from "./formats/jwe-header.ts";
export { maxDirectLength, sealDirect } from "./formats/seal-direct.ts";
export { createJweSealer, jweLength } from "./formats/seal-jwe.ts";
export type { DataKey, SealingKey, WrappingKey } from "./keys.ts";
export type { OpenedValue } from "./open.ts";
export { openEnvelope } from "./open.ts";
export {
  compressedPointLength,
  compressPoint,
  pointOfSpki,
  spkiOfPoint,
  uncompressedPointLength,
} from "./p256-point.ts";
export type { PlaintextKind } from "./plaintext.ts";
export type { KdfPrimitives, OpenPrimitives, Primitives, SealPrimitives } from "./primitives.ts";
export type { EnvelopeShape, FieldSealer, FieldSealerInput } from "./seal.ts";
export { createFieldSealer, envelopeLength, spellWrapped } from "./seal.ts";
export type { Envelope, LastWrapped, Span } from "./syntax.ts";
export { findAllVersions, findEnvelopes, holdsEnvelopeLike, ivLength, parseEnvelope } from "./syntax.ts";
export { type WrappedDataKey, wrapDataKey } from "./wrap.ts";
