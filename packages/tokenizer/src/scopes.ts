// From a request to its format, and from there to the keys of its scope; both are kept for requests that come again.

import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Format } from "./formats/format.ts";
import type { Formats } from "./formats/parse.ts";
import { vaultFormat } from "./formats/vault-formats.ts";
import type { Ff1Cipher } from "./fpe/cipher.ts";
import { type DerivedKeys, deriveKeys } from "./keys/derive.ts";
import type { TokenKey, TokenKeys } from "./keys/token-keys.ts";
import { tokenizerClosed } from "./tokenizer-closed.ts";
import type { VaultFormat } from "./vault-format.ts";

/** What a value is tokenized for. */
export interface TokenRequest {
  /** Name of a declared format. */
  readonly format: string;
  /** Tenants do not see each other's tokens. Default: none. */
  readonly tenant?: string;
  /** Purpose of the token, which access rules name too; tokens of two fields are unrelated. Default: the format's name. */
  readonly field?: string;
  /** Key version: of the token to open, or of the one to make. Default: the current one. */
  readonly version?: string;
  /** Whose value it is: dates move by their subject's shift, and vaults erase by subject. */
  readonly subject?: string;
}

/** A request whose names are known and well-formed. */
export interface Scope {
  readonly format: Format;
  readonly vaultFormat: VaultFormat;
  readonly tenant: string;
  readonly field: string;
  readonly version: string;
}

/** The keys of a scope. */
export interface ScopeKeys {
  readonly derived: DerivedKeys;
  readonly cipher: Ff1Cipher;
  readonly tweakPrefix: Uint8Array;
}

export interface Scopes {
  /** @throws {FieldsealError} `FORMAT_UNKNOWN`, `CONTEXT_INVALID` */
  resolve(request: TokenRequest): Scope;
  /** The scope's keys; a promise only where they must be fetched. @throws {FieldsealError} `KEY_VERSION_UNKNOWN`, `TOKENIZER_CLOSED` */
  keysOf(scope: Scope): ScopeKeys | Promise<ScopeKeys>;
  close(): void;
}

const requestNames: Readonly<Record<keyof TokenRequest, true>> = {
  format: true,
  tenant: true,
  field: true,
  version: true,
  subject: true,
};
// A misspelt tenant would have all tenants share their tokens.
const ofRequest: Named = { what: "a request", names: requestNames, code: "CONTEXT_INVALID" };

const maxNameLength = 256;
const unprintable = /[\p{Cc}\p{Cs}]/u;
const keptScopes = 10_000;

export function createScopes(formats: Formats, keys: TokenKeys, isolation: "tweak" | "tenant"): Scopes {
  const scopes = new Map<string, Scope>();
  const scopeKeys = new Map<Scope, ScopeKeys>();
  const derived = new Map<TokenKey, DerivedKeys>();
  // Most batches are of one scope: comparing four strings costs less than joining them.
  let latest: Scope | null = null;
  let closed = false;
  const vaultFormats = new Map([...formats.byName].map(([name, format]) => [name, vaultFormat(format)]));
  return { resolve, keysOf, close };

  function resolve(request: TokenRequest): Scope {
    // A caller's mistake must not fail the others of a turn: no TypeError here.
    const {
      format: name,
      tenant = "",
      field = name,
      version = keys.current,
      subject,
    } = Object(request) as TokenRequest;
    refuseUnknownNames(Object(request) as TokenRequest, ofRequest);
    if (subject !== undefined) checkName(subject);
    if (latest !== null && latest.format.name === name && latest.tenant === tenant) {
      if (latest.field === field && latest.version === version) return latest;
    }
    if (typeof name !== "string") throw unknownFormat();
    for (const part of [tenant, field, version]) checkName(part);
    const cacheName = `${name}\n${version}\n${field.length}\n${field}${tenant}`;
    const known = scopes.get(cacheName);
    if (known !== undefined) {
      latest = known;
      return known;
    }
    const format = formats.byName.get(name);
    if (format === undefined) throw unknownFormat();
    const scope = { format, vaultFormat: ofField(vaultFormats.get(name)!, field), tenant, field, version };
    if (scopes.size >= keptScopes) {
      scopes.clear();
      scopeKeys.clear();
      // Not zeroed: what is under way has them.
      derived.clear();
    }
    scopes.set(cacheName, scope);
    return scope;
  }

  function keysOf(scope: Scope): ScopeKeys | Promise<ScopeKeys> {
    const known = scopeKeys.get(scope);
    if (known !== undefined) return known;
    if (closed) throw tokenizerClosed(true);
    const key = keys.open(scope.version, { tenant: scope.tenant, format: scope.format.name });
    return key instanceof Promise ? key.then((one) => derive(scope, one)) : derive(scope, key);
  }

  function derive(scope: Scope, key: TokenKey | null): ScopeKeys {
    // The secret is zeroes now, and what it derives is anybody's key.
    if (closed) throw tokenizerClosed(true);
    // Those who waited for one fetch find the work done.
    const known = scopeKeys.get(scope);
    if (known !== undefined) return known;
    const { tenant, field, format, version } = scope;
    if (key === null) {
      throw new FieldsealError("KEY_VERSION_UNKNOWN", "the key set has no such version for this tenant and format", {
        field,
        hint: "give the version that stands beside the token",
      });
    }
    let all = derived.get(key);
    if (all === undefined) {
      all = deriveKeys(key.secret, isolation);
      derived.set(key, all);
    }
    const tweakPrefix = all.tweakPrefix({ tenant, field, format: format.name, version });
    const found = { derived: all, cipher: all.cipher(tenant), tweakPrefix };
    scopeKeys.set(scope, found);
    return found;
  }

  function close(): void {
    closed = true;
    latest = null;
    scopes.clear();
    scopeKeys.clear();
    for (const all of derived.values()) all.close();
    derived.clear();
    keys.close();
  }
}

/**
 * A vault binds tokens to the name of their format. Access rules name the field, so it is bound as well: whoever may
 * open one field must not open another one's tokens under its name.
 */
function ofField(format: VaultFormat, field: string): VaultFormat {
  return field === format.name ? format : { ...format, name: `${format.name}:${field}` };
}

function unknownFormat(): FieldsealError {
  return new FieldsealError("FORMAT_UNKNOWN", "no format of that name is declared");
}

function checkName(name: string): void {
  if (typeof name === "string" && name.length <= maxNameLength && !unprintable.test(name)) return;
  const message = `tenant, field, version and subject are printable text of at most ${maxNameLength} characters`;
  throw new FieldsealError("CONTEXT_INVALID", message);
}
