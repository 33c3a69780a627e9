// Secrets at hand: given as bytes, or read from files of 32 bytes or 64 hexadecimal digits. Reads files.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import { versionSyntax } from "../config/key-references.ts";
import type { TokenKey, TokenKeys } from "./token-keys.ts";

/** Secrets by version, and the version of new tokens. */
export interface StaticKeysOptions {
  readonly current: string;
  /** 32 bytes for each version; copied. */
  readonly versions: Readonly<Record<string, Uint8Array>>;
}

const secretLength = 32;

/**
 * A key set of secrets at hand, the same for all tenants and formats.
 *
 * @throws {FieldsealError} `TOKEN_KEY_INVALID`; `KEY_VERSION_UNKNOWN` where `current` is not among the versions.
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { staticTokenKeys } from "@fieldseal/tokenizer";
 * const keys = staticTokenKeys({ current: "1", versions: { 1: randomBytes(32) } });
 * ```
 */
export function staticTokenKeys({ current, versions }: StaticKeysOptions): TokenKeys {
  const keys = new Map<string, TokenKey>();
  for (const [version, secret] of Object.entries(versions)) {
    checkVersion(version);
    checkSecret(secret);
    keys.set(version, { secret: Uint8Array.from(secret) });
  }
  if (!keys.has(current)) throw new FieldsealError("KEY_VERSION_UNKNOWN", "the current version is not in the key set");
  return {
    current,
    open: (version) => keys.get(version) ?? null,
    close: () => {
      for (const { secret } of keys.values()) secret.fill(0);
      keys.clear();
    },
  };
}

/**
 * Reads a secret from a file of 32 bytes, or of 64 hexadecimal digits and at most one line end.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`.
 */
export function readSecretFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new FieldsealError("FILE_UNREADABLE", `the key file ${basename(path)} could not be read`, {
      cause,
      // Another key would make tokens that nobody can read with this one.
      hint: "bring the key of this version back; a first one is made by `openssl rand -hex 32`, a vault's by `fieldseal vault init`",
    });
  }
  const secret = parseSecret(bytes, `the key file ${basename(path)}`);
  if (secret !== bytes) bytes.fill(0);
  return secret;
}

/**
 * A secret as it is stored under `name`: 32 bytes, or 64 hexadecimal digits and at most one line end.
 *
 * @throws {FieldsealError} `TOKEN_KEY_INVALID`.
 */
export function parseSecret(bytes: Uint8Array, name = "a stored key"): Uint8Array {
  if (bytes.length === secretLength) return bytes;
  const text = new TextDecoder("latin1").decode(bytes);
  if (!/^[0-9A-Fa-f]{64}\r?\n?$/.test(text)) {
    throw new FieldsealError("TOKEN_KEY_INVALID", `${name} is not 32 bytes or 64 hexadecimal digits`, {
      hint: "`openssl rand -hex 32` writes one",
    });
  }
  return Uint8Array.from({ length: secretLength }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** @throws {FieldsealError} `TOKEN_KEY_INVALID`. */
export function checkVersion(version: string): void {
  if (!versionSyntax.pattern.test(version)) {
    throw new FieldsealError("TOKEN_KEY_INVALID", `a key version is ${versionSyntax.says}`);
  }
}

/** @throws {FieldsealError} `TOKEN_KEY_INVALID`. */
export function checkSecret(secret: Uint8Array): void {
  if (!(secret instanceof Uint8Array) || secret.length !== secretLength) {
    throw new FieldsealError("TOKEN_KEY_INVALID", "a tokenizer key is 32 bytes");
  }
}
