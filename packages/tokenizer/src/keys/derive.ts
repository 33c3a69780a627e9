// One key for each use of a secret, by HKDF-SHA256 (RFC 5869) with a label of its own; docs/tokens.md lists the labels.
import { hkdfSync } from "node:crypto";
import { concat, concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";
import { createFf1Cipher, type Ff1Cipher } from "../fpe/cipher.ts";
import { keyedDigest } from "../keyed-digest.ts";
import { tokenizerClosed } from "../tokenizer-closed.ts";

/** What a secret is used for; a label is `fieldseal tokens 1 ` and the use. */
type Use = "ff1" | "ff1 tenant" | "tweak" | "date shift" | "audit";

/** What every token of one version, tenant, field and format has in common. */
export interface TokenScope {
  readonly tenant: string;
  readonly field: string;
  readonly format: string;
  readonly version: string;
}

/** Keys derived from one secret. Once they are closed, all of them throw `TOKENIZER_CLOSED`. */
export interface DerivedKeys {
  /** FF1 for a tenant: the same for all of them unless they are isolated by key. */
  cipher(tenant: string): Ff1Cipher;
  /** The 8 bytes that every tweak of a scope begins with. */
  tweakPrefix(scope: TokenScope): Uint8Array;
  /** The days that a subject's dates move by: -maxDays to maxDays, never 0. */
  dateShift(scope: TokenScope, subject: string, maxDays: number): number;
  /** base64url of a keyed digest that stands for a token in audit events. */
  auditName(token: string): string;
  /** Zeroes them. */
  close(): void;
}

/** Ciphers of tenants that are kept. */
const keptTenants = 1024;

/** Derives the keys of a secret of 32 bytes. */
export function deriveKeys(secret: Uint8Array, isolation: "tweak" | "tenant"): DerivedKeys {
  const derive = (use: Use, context: readonly string[] = []): Uint8Array => {
    const label = concat([utf8Bytes(`fieldseal tokens 1 ${use}`), concatLengthPrefixed(context.map(utf8Bytes))]);
    return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), label, 32));
  };
  const shared = isolation === "tweak" ? createFf1Cipher(derive("ff1")) : null;
  const tweakKey = derive("tweak");
  const shiftKey = derive("date shift");
  const auditKey = derive("audit");
  const tenants = new Map<string, Ff1Cipher>();
  let closed = false;
  // What zeroes derive, anybody could.
  const digest = (key: Uint8Array, parts: readonly string[]): Buffer => {
    if (closed) throw tokenizerClosed(true);
    return keyedDigest(key, parts);
  };
  return {
    cipher: (tenant) => {
      if (closed) throw tokenizerClosed(true);
      if (shared !== null) return shared;
      let cipher = tenants.get(tenant);
      if (cipher === undefined) {
        if (tenants.size >= keptTenants) tenants.clear();
        cipher = createFf1Cipher(derive("ff1 tenant", [tenant]));
        tenants.set(tenant, cipher);
      }
      return cipher;
    },
    tweakPrefix: (scope) => digest(tweakKey, scopeParts(scope)).subarray(0, 8),
    dateShift: (scope, subject, maxDays) => {
      // 48 bits: reducing them by less than 2^17 days leaves a bias below 2^-31.
      const place = digest(shiftKey, [...scopeParts(scope), subject]).readUIntBE(0, 6) % (2 * maxDays);
      return place < maxDays ? place - maxDays : place - maxDays + 1;
    },
    auditName: (token) => digest(auditKey, [token]).toString("base64url"),
    close: () => {
      closed = true;
      for (const key of [tweakKey, shiftKey, auditKey]) key.fill(0);
      for (const cipher of [shared, ...tenants.values()]) cipher?.close();
    },
  };
}

function scopeParts({ tenant, field, format, version }: TokenScope): string[] {
  return [tenant, field, format, version];
}
