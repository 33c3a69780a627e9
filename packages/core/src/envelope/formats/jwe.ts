// JWE compact serialization (RFC 7516, section 7.1), as far as it is ours: RSA-OAEP-256 with A256GCM and a header of
// exactly `alg enc kid typ fld ctx` (docs/wire-format.md, jwe). Pure.
import { bytesEqual, concat, decodeBase64url, utf8Bytes, utf8Text } from "../../bytes/index.ts";
import { FieldsealError } from "../../errors/index.ts";
import { algorithmOf } from "../algorithms.ts";
import { decryptionFailed } from "../data-key.ts";
import type { DataKey } from "../keys.ts";
import { type PlaintextKind, plaintextKinds } from "../plaintext.ts";
import { inSegment, ivLength, segmentEnd, tagLength } from "../syntax.ts";
import { contextDigest, typPrefix } from "./jwe-header.ts";
import type { FoundValue, SealedValue } from "./sealed-value.ts";

const alg = "RSA-OAEP-256";
const enc = "A256GCM";
const wrappedLengths = algorithmOf(alg).wrappedLengths;
const members = ["alg", "enc", "kid", "typ", "fld", "ctx"] as const;
type Header = Readonly<Record<(typeof members)[number], string>>;

const maxHeaderLength = 1024;
const nameSyntax = /^[A-Za-z0-9_-]{1,64}$/;

const dot = 0x2e;
/** base64url of `{"`, which every header of ours begins with. */
const headerStart = utf8Bytes("eyJ");

/**
 * Finds the JWEs whose header names a key of the ring; others are text.
 *
 * @throws {FieldsealError} `ENVELOPE_MALFORMED` for one with other header members or malformed parts;
 * `ENVELOPE_ALG_MISMATCH` for one of other algorithms.
 */
export function findJwe(text: Uint8Array, hasKid: (kid: string) => boolean): FoundValue[] {
  const found: FoundValue[] = [];
  for (let at = text.indexOf(headerStart[0]!); at >= 0; ) {
    const ends = isStart(text, at) ? segmentEnds(text, at) : null;
    const end = ends?.at(-1) ?? at + 1;
    const value = ends === null ? null : readJwe(text.slice(at, end), hasKid);
    if (value !== null) found.push({ value, start: at, end });
    at = text.indexOf(headerStart[0]!, end);
  }
  return found;
}

function readJwe(text: Uint8Array, hasKid: (kid: string) => boolean): SealedValue | null {
  const ends = segmentEnds(text, 0)!;
  const headerBytes = decodeBase64url(text, 0, ends[0]);
  const kid = headerBytes === null || headerBytes.length > maxHeaderLength ? null : looseKid(headerBytes);
  if (kid === null || !hasKid(kid)) return null;
  const header = readHeader(headerBytes!, kid);
  const part = (index: number): Uint8Array => {
    const decoded = decodeBase64url(text, ends[index - 1]! + 1, ends[index]);
    if (decoded === null) throw malformed(kid);
    return decoded;
  };
  const [wrapped, iv, ciphertext, tag] = [part(1), part(2), part(3), part(4)];
  if (!wrappedLengths.includes(wrapped.length) || iv.length !== ivLength || tag.length !== tagLength) {
    throw malformed(kid);
  }
  const sealed = concat([ciphertext, tag]);
  const aad = text.slice(0, ends[0]);
  const kind = kindOf(header.typ);
  return {
    format: "jwe",
    alg,
    kid,
    fields: [header.fld],
    binding: "field",
    wrapped,
    holds: "data-key",
    open: (secret, context, primitives) => {
      const opened = primitives.openAesGcm(secret as DataKey, iv, aad, sealed);
      const value = opened ?? new Uint8Array(ciphertext.length);
      const isText = primitives.isUtf8(value);
      const isContext = contextDigest(context, primitives) === header.ctx;
      if (opened === null || !isText || !isContext) throw decryptionFailed();
      return { kind, value };
    },
  };
}

/** The kid of a header that may be anybody's; null where there is none. */
function looseKid(bytes: Uint8Array): string | null {
  try {
    const { kid } = JSON.parse(utf8Text(bytes)) as { kid?: unknown };
    return typeof kid === "string" ? kid : null;
  } catch {
    return null;
  }
}

/** A member: a name and a string, without escapes and white space; nothing that we write needs either. */
const member = /"([^"\\]*)":"([^"\\]*)"([,}])/y;

function readHeader(bytes: Uint8Array, kid: string): Header {
  const text = utf8Text(bytes);
  const header = new Map<string, string>();
  member.lastIndex = 1;
  for (let last = ","; last === ","; ) {
    const found = member.exec(text);
    if (found === null || header.has(found[1]!)) throw malformed(kid);
    header.set(found[1]!, found[2]!);
    last = found[3]!;
    if (last === "}" && member.lastIndex !== text.length) throw malformed(kid);
  }
  if (header.size !== members.length || !members.every((name) => header.has(name))) throw malformed(kid);
  if (header.get("alg") !== alg || header.get("enc") !== enc) {
    throw new FieldsealError("ENVELOPE_ALG_MISMATCH", `a JWE has other algorithms than those of "${kid}"`, { kid });
  }
  if (!nameSyntax.test(header.get("fld")!)) throw malformed(kid);
  return Object.fromEntries(header) as Header;
}

function kindOf(typ: string): PlaintextKind {
  const kind = typ.startsWith(typPrefix) ? typ.slice(typPrefix.length) : "text";
  return Object.hasOwn(plaintextKinds, kind) ? (kind as PlaintextKind) : "text";
}

function isStart(text: Uint8Array, at: number): boolean {
  if (at > 0 && inSegment[text[at - 1]!] === 1) return false;
  return bytesEqual(text.subarray(at, at + headerStart.length), headerStart);
}

/** Ends of five segments, only the ciphertext of which may be empty, from `at` on; null where there are not as many. */
function segmentEnds(text: Uint8Array, at: number): number[] | null {
  const ends: number[] = [];
  for (let from = at; ends.length < 5; ) {
    const end = segmentEnd(text, from);
    if (end === from && ends.length !== 3) return null;
    ends.push(end);
    if (ends.length < 5 && text[end] !== dot) return null;
    from = end + 1;
  }
  return ends;
}

function malformed(kid: string): FieldsealError {
  return new FieldsealError("ENVELOPE_MALFORMED", "a JWE under a key of the ring is malformed", { kid });
}
