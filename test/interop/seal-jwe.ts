// Compact JWEs made by hand, where jose would refuse to make them wrong.
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { encodeContext } from "../../packages/core/src/envelope/index.ts";
import type { Wrapped } from "./seal-native.ts";

export interface JweInput {
  readonly kid: string;
  readonly field: string;
  readonly context?: Record<string, string>;
  readonly typ?: string;
  /** The header's text instead of the one that follows from the rest. */
  readonly header?: string;
}

export const ctxOf = (context: Record<string, string>): string =>
  createHash("sha256").update(encodeContext(context)).digest("base64url");

export function jweOf({ dataKey, wrapped }: Wrapped, value: string, input: JweInput): string {
  const { kid, field, context = {}, typ = "JWE" } = input;
  const members = { alg: "RSA-OAEP-256", enc: "A256GCM", kid, typ, fld: field, ctx: ctxOf(context) };
  const header = Buffer.from(input.header ?? JSON.stringify(members)).toString("base64url");
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", dataKey, iv).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(value), cipher.final()]);
  const parts = [wrapped, iv, ciphertext, cipher.getAuthTag()];
  return [header, ...parts.map((part) => Buffer.from(part).toString("base64url"))].join(".");
}
