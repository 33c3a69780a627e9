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

/** `fs1-json` and the like: the plaintext is a raw value of that kind. Any other `typ`: it is text. */
export const typPrefix = "fs1-";

/** The header as JSON text, of exactly the members `alg enc kid typ fld ctx`. */
export function jweHeaderText({ kid, field, kind, ctx }: JweHeader): string {
  return JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid, typ: typPrefix + kind, fld: field, ctx });
}

/** The `ctx` member for the canonical bytes of a context. */
export function contextDigest(context: Uint8Array, primitives: Primitives): string {
  return encodeBase64url(primitives.sha256(context));
}
