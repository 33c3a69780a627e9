// Arguments of the vault's operations, checked before anything is read or written. Pure.
import { utf8Bytes } from "@fieldseal/core/bytes";
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultFormat } from "../vault-format.ts";

/** Which tokens are meant: those of one format and one tenant. */
export interface TokenScope {
  readonly format: VaultFormat;
  /** 1 to 256 bytes of text; only its keyed digest is stored. */
  readonly tenant: string;
}

/** What goes with one value. */
export interface ValueOptions {
  /** Milliseconds from now after which the token is no longer valid. A deterministic value keeps its first token's. */
  readonly ttl?: number;
  /** Whose value it is, 1 to 256 bytes of text; `eraseSubject` takes all of it away. */
  readonly subject?: string;
  /** Notes that can be read without opening the value, at most 16; stored sealed. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface TokenizeOptions extends TokenScope, ValueOptions {
  /** One live token for each value, found again by a keyed digest: equal values show as equal tokens. */
  readonly deterministic?: boolean;
}

/** One value of a batch with what goes with it. */
export interface VaultItem extends ValueOptions {
  readonly value: string;
}

const maxTextBytes = 256;
const maxTokenBytes = 512;
const maxValueBytes = 16_384;
const maxPairs = 16;
const maxMetadataBytes = 4096;
// A tokenizer's formats have the field behind a colon, where it is not the format's own.
const formatName = /^[A-Za-z0-9._:-]{1,64}(?::[^\p{Cc}\p{Cs}]{0,256})?$/u;
const metadataKey = /^[a-z0-9_-]{1,64}$/;
const unprintable = /[\p{Cc}\p{Cs}]/u;

const itemNames: Readonly<Record<keyof VaultItem, true>> = { value: true, ttl: true, subject: true, metadata: true };
const scopeNames: Readonly<Record<Exclude<keyof TokenizeOptions, keyof VaultItem>, true>> = {
  format: true,
  tenant: true,
  deterministic: true,
};
const ofItem: Named = { what: "a vault's value", names: itemNames, code: "VAULT_INPUT_INVALID" };
// One object may serve for all operations.
const ofScope: Named = {
  what: "a vault's options",
  names: { ...scopeNames, ...itemNames },
  code: "VAULT_INPUT_INVALID",
};

/** @throws VAULT_INPUT_INVALID for a tenant and options that there are not, VAULT_FORMAT_INVALID for a format's name */
export function checkScope(scope: TokenScope): void {
  refuseUnknownNames(scope, ofScope);
  const { format, tenant } = scope;
  if (typeof format?.name !== "string" || !formatName.test(format.name)) {
    throw new FieldsealError(
      "VAULT_FORMAT_INVALID",
      "a format's name is 1 to 64 of A-Z, a-z, 0-9, . _ : and -, and perhaps a colon and a field",
    );
  }
  checkText("tenant", tenant);
}

/** @throws VAULT_INPUT_INVALID for a subject, a time to live or metadata, or a misspelt one, which would be none */
export function checkValueOptions(item: VaultItem): void {
  refuseUnknownNames(item, ofItem);
  const { ttl, subject, metadata } = item;
  if (ttl !== undefined && !(Number.isSafeInteger(ttl) && ttl > 0 && ttl <= 1e14)) {
    throw invalid("ttl is a positive integer of milliseconds, at most 10^14");
  }
  if (subject !== undefined) checkText("subject", subject);
  if (metadata === undefined) return;
  const pairs = Object.entries(metadata);
  if (pairs.length > maxPairs) throw invalid(`metadata has at most ${maxPairs} pairs`);
  for (const [key, value] of pairs) {
    if (!metadataKey.test(key)) throw invalid("a metadata key is 1 to 64 of a-z, 0-9, _ and -");
    if (typeof value !== "string") throw invalid("a metadata value is text");
  }
  if (metadataBytes(metadata).length > maxMetadataBytes)
    throw invalid(`metadata has at most ${maxMetadataBytes} bytes`);
}

/** @throws VAULT_INPUT_INVALID unless `text` is 1 to 256 bytes of well-formed text */
export function checkText(name: string, text: unknown): asserts text is string {
  const size = typeof text === "string" && !/\p{Cs}/u.test(text) ? utf8Bytes(text).length : 0;
  if (size < 1 || size > maxTextBytes) throw invalid(`the ${name} is 1 to ${maxTextBytes} bytes of text`);
}

/** True for text that can be a token: 1 to 512 bytes, no control character, well-formed. */
export function isTokenText(text: unknown): text is string {
  return typeof text === "string" && text !== "" && !isTooLong(text) && !unprintable.test(text);
}

/** True for text of more than 512 bytes. */
export function isTooLong(text: unknown): boolean {
  return typeof text === "string" && (text.length > maxTokenBytes || utf8Bytes(text).length > maxTokenBytes);
}

/** Metadata as the bytes that are sealed: JSON, keys sorted. */
export function metadataBytes(metadata: Readonly<Record<string, string>>): Uint8Array {
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return utf8Bytes(JSON.stringify(Object.fromEntries(pairs)));
}

/** The canonical spelling of a value, by its format. An error of the format's own leaves without its text. */
export function normalizeValue(format: VaultFormat, value: unknown): string {
  if (typeof value !== "string" || /\p{Cs}/u.test(value)) throw invalid("a value is well-formed text");
  const canonical = callFormat(() => format.normalize(value));
  if (utf8Bytes(canonical).length > maxValueBytes) throw invalid(`a value has at most ${maxValueBytes} bytes`);
  return canonical;
}

/** Calls a format; what it throws without a code may quote the value, so it is replaced. */
export function callFormat(call: () => string): string {
  try {
    return call();
  } catch (error) {
    if (error instanceof FieldsealError) throw error;
    throw new FieldsealError("VAULT_FORMAT_INVALID", "the format failed without a code");
  }
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("VAULT_INPUT_INVALID", message);
}
