// The lines of an audit chain (docs/audit.md, Lines): how each is spelled, read back, and named by its hash. Pure.
import { encodeBase64url, utf8Bytes, utf8Text } from "../bytes/index.ts";
import { canonicalJson } from "../config/index.ts";
import type { AuditEvent } from "./event.ts";

/** What the audit room asks of a cryptographic platform. */
export interface AuditPrimitives {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
}

/** One line of one writer. */
export interface LinePosition {
  /** Random name of the writer: base64url of 16 bytes. */
  readonly writer: string;
  /** From 0, one more for each line of the writer. */
  readonly seq: number;
  /** base64url of the SHA-256 of the line's canonical JSON without its member `hash`. */
  readonly hash: string;
}

interface LineOf<Type extends string> extends LinePosition {
  readonly type: Type;
  /** Hash of the writer's line before; null in its first. */
  readonly prev: string | null;
}

/** A writer's first line. */
export interface OpenLine extends LineOf<"open"> {
  readonly version: 1;
  readonly time: string;
  /** The line after which the writer begins: the last one of the writer before; null where there was none. */
  readonly joins: LinePosition | null;
  /** Hashes of what stands between that line and this one: lines that a crash cut off. */
  readonly torn: readonly string[];
}

/** One event. */
export interface EventLine extends LineOf<"event"> {
  readonly event: AuditEvent;
}

/** A writer's last line, where it came to an orderly end. */
export interface CloseLine extends LineOf<"close"> {
  readonly time: string;
}

export type AuditLine = OpenLine | EventLine | CloseLine;

const openBrace = 0x7b;
const writerSyntax = /^[A-Za-z0-9_-]{22}$/;
const hashSyntax = /^[A-Za-z0-9_-]{43}$/;
const memberNames: Readonly<Record<AuditLine["type"], readonly string[]>> = {
  open: ["hash", "joins", "prev", "seq", "time", "torn", "type", "version", "writer"],
  event: ["event", "hash", "prev", "seq", "type", "writer"],
  close: ["hash", "prev", "seq", "time", "type", "writer"],
};

type WithoutHash<Line> = Line extends AuditLine ? Omit<Line, "hash"> : never;

/** Gives a line its hash; `text` is its canonical spelling, without a line feed. */
export function encodeLine(line: WithoutHash<AuditLine>, primitives: AuditPrimitives): { text: string; hash: string } {
  const hash = hashOf(line, primitives);
  return { text: canonicalJson({ ...line, hash }), hash };
}

/** Reads the bytes of a line; null for anything that `encodeLine` would not write, its hash included. */
export function parseLine(bytes: Uint8Array, primitives: AuditPrimitives): AuditLine | null {
  // Of many lines that are none of ours, none costs an exception.
  if (bytes[0] !== openBrace) return null;
  const text = textOrNull(bytes);
  const value = text === null ? null : jsonOrNull(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const line = value as Partial<Record<"type" | "writer" | "seq" | "prev" | "hash" | "event" | "time", unknown>>;
  const { type, writer, seq, prev } = line;
  if (type !== "open" && type !== "event" && type !== "close") return null;
  if (Object.keys(line).sort().join() !== memberNames[type].join()) return null;
  if (!isWriter(writer) || !isSeq(seq) || !isHash(line.hash) || !(prev === null || isHash(prev))) return null;
  if ((seq === 0) !== (prev === null) || (seq === 0) !== (type === "open")) return null;
  if (type === "open" && !isOpening(line)) return null;
  if (type === "event" ? !isEvent(line.event) : !isText(line.time)) return null;
  if (canonicalJson(value) !== text) return null;
  const { hash, ...members } = line;
  return hash === hashOf(members, primitives) ? (value as AuditLine) : null;
}

function hashOf(members: object, { sha256 }: AuditPrimitives): string {
  return encodeBase64url(sha256(utf8Bytes(canonicalJson(members))));
}

/** What the next writer calls a line that a crash cut off: base64url of the SHA-256 of its bytes. */
export function hashTorn(bytes: Uint8Array, { sha256 }: AuditPrimitives): string {
  return encodeBase64url(sha256(bytes));
}

/** Decodes UTF-8; null where it is malformed. */
export function textOrNull(bytes: Uint8Array): string | null {
  try {
    return utf8Text(bytes);
  } catch {
    return null;
  }
}

/** Parses JSON; null where it is none. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isHash(value: unknown): value is string {
  return typeof value === "string" && hashSyntax.test(value);
}

export function isWriter(value: unknown): value is string {
  return typeof value === "string" && writerSyntax.test(value);
}

export function isSeq(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isOpening(line: object): boolean {
  const { version, joins, torn } = line as Record<string, unknown>;
  return version === 1 && (joins === null || isPosition(joins)) && Array.isArray(torn) && torn.every(isHash);
}

export function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isPosition(value: unknown): value is LinePosition {
  if (typeof value !== "object" || value === null) return false;
  const { writer, seq, hash } = value as Record<string, unknown>;
  return isFlat(value) && isWriter(writer) && isSeq(seq) && isHash(hash);
}

/** Nothing is nested: whoever spells it again needs no stack for what somebody else wrote. */
function isFlat(value: object): boolean {
  return Object.values(value).every((member) => typeof member !== "object");
}

const outcomes = ["opened", "masked", "denied", "failed"];

function isEvent(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { time, field, kid, principal = "", purpose = "", outcome } = value as Record<string, unknown>;
  return isFlat(value) && [time, field, kid, principal, purpose].every(isText) && outcomes.includes(outcome as string);
}
