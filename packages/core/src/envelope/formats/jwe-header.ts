// The protected header of our JWEs (RFC 7516; docs/wire-format.md, jwe). The plaintext is the raw value, unframed; `typ`
// says how it is spelled, so that typed values come back typed and any JOSE library reads them. Pure.
import { encodeBase64url } from "../../bytes/index.ts";
import type { PlaintextKind } from "../plaintext.ts";
import type { Primitives } from "../primitives.ts";

export interface JweHeader {
  readonly kid: string;
  readonly field: string;
  readonly kind: PlaintextKind;
  /** base64url of the SHA-256 of the canonical context. */
  readonly ctx: string;
}

const types: Readonly<Record<PlaintextKind, string>> = {
  json: "fs1-json",
  form: "fs1-form",
  xml: "fs1-xml",
  text: "fs1-text",
};

/** The header as JSON text, of exactly the members `alg enc kid typ fld ctx`. */
export function jweHeaderText({ kid, field, kind, ctx }: JweHeader): string {
  return JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid, typ: types[kind], fld: field, ctx });
}

/** Reads a header strictly: exactly those members, each once, in any order; null for anything else. */
export function readJweHeader(text: string): JweHeader | null {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    return null;
  }
  // Compact as JOSE libraries write it; a member given twice does not come back.
  if (typeof header !== "object" || header === null || JSON.stringify(header) !== text) return null;
  const { alg, enc, kid, typ, fld, ctx, ...others } = header as Record<string, unknown>;
  const kind = (Object.keys(types) as PlaintextKind[]).find((known) => types[known] === typ);
  if (Object.keys(others).length > 0 || alg !== "RSA-OAEP-256" || enc !== "A256GCM" || kind === undefined) return null;
  if (typeof kid !== "string" || typeof fld !== "string" || typeof ctx !== "string") return null;
  return { kid, field: fld, kind, ctx };
}

/** The `ctx` member for the canonical bytes of a context. */
export function contextDigest(context: Uint8Array, primitives: Primitives): string {
  return encodeBase64url(primitives.sha256(context));
}
