// Checkpoints: how far a chain had come, signed, for a sink that whoever writes the chain cannot change. Pure; the key
// is behind an interface (docs/audit.md, Checkpoints).
import { decodeBase64url, encodeBase64url, utf8Bytes } from "../bytes/index.ts";
import { canonicalJson } from "../config/index.ts";
import { isHash, isSeq, isText, isWriter, jsonOrNull, type LinePosition, textOrNull } from "./line.ts";

/** A place in a chain that was vouched for. */
export interface Checkpoint extends LinePosition {
  readonly type: "checkpoint";
  readonly version: 1;
  readonly time: string;
  /** True for the writer's last line. */
  readonly final: boolean;
  /** How it is signed, such as `HMAC-SHA-256`. */
  readonly alg: string;
  /** Name of the signing key, such as an ARN. */
  readonly key: string;
  /** base64url. */
  readonly signature: string;
}

/** Signs checkpoints, or makes MACs of them. */
export interface CheckpointSigner {
  readonly alg: string;
  /** Name of the key; no secret. */
  readonly key: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Checks what a `CheckpointSigner` made. */
export interface CheckpointVerifier {
  readonly alg: string;
  readonly key: string;
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** What is signed, before it is. */
export interface CheckpointDraft {
  readonly last: LinePosition;
  readonly time: string;
  readonly final: boolean;
}

const label = "fieldseal audit checkpoint v1\n";
const memberNames = "alg,final,hash,key,seq,signature,time,type,version,writer";

/** Signs a checkpoint; the result is its line, without the line feed. */
export async function signCheckpoint(
  { last, time, final }: CheckpointDraft,
  signer: CheckpointSigner,
): Promise<string> {
  const { writer, seq, hash } = last;
  const { alg, key } = signer;
  const unsigned = { type: "checkpoint", version: 1, writer, seq, hash, time, final, alg, key } as const;
  const signature = encodeBase64url(await signer.sign(messageOf(unsigned)));
  return canonicalJson({ ...unsigned, signature });
}

/** Reads a checkpoint line and checks its signature; null where it is none. */
export async function readCheckpoint(
  line: Uint8Array,
  verifier: CheckpointVerifier,
): Promise<{ readonly checkpoint: Checkpoint; readonly valid: boolean } | null> {
  const checkpoint = parseCheckpoint(line);
  if (checkpoint === null) return null;
  const { signature, ...unsigned } = checkpoint;
  const bytes = decodeBase64url(utf8Bytes(signature));
  const isOfKey = checkpoint.alg === verifier.alg && checkpoint.key === verifier.key;
  const valid = isOfKey && bytes !== null && (await verifier.verify(messageOf(unsigned), bytes));
  return { checkpoint, valid };
}

function messageOf(unsigned: Omit<Checkpoint, "signature">): Uint8Array {
  return utf8Bytes(label + canonicalJson(unsigned));
}

function parseCheckpoint(line: Uint8Array): Checkpoint | null {
  const text = textOrNull(line);
  const value = text === null ? null : jsonOrNull(text);
  if (typeof value !== "object" || value === null || Object.keys(value).sort().join() !== memberNames) return null;
  const { type, version, writer, seq, hash, final, time, alg, key, signature } = value as Record<string, unknown>;
  if (type !== "checkpoint" || version !== 1 || typeof final !== "boolean") return null;
  if (![time, alg, key, signature].every(isText)) return null;
  if (!isWriter(writer) || !isSeq(seq) || !isHash(hash)) return null;
  return canonicalJson(value) === text ? (value as Checkpoint) : null;
}
