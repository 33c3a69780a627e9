// Tokens by their text: which ones this vault knows, for this tenant and format, and whether they still stand. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { attempt } from "../attempt.ts";
import type { FoundToken } from "./retire-token.ts";
import { sameDigest, tenantDigest, tokenRowName } from "./rows/row-names.ts";
import { parseTokenRow, stateAt } from "./rows/token-row.ts";
import { isTokenText, type TokenScope } from "./token-options.ts";
import type { VaultContext } from "./vault-context.ts";

/** Each token's row, or why there is none for this tenant and format; in the order of `tokens`. */
export async function findTokens(
  context: VaultContext,
  tokens: readonly string[],
  { format, tenant }: TokenScope,
): Promise<(FoundToken | FieldsealError)[]> {
  // A text that cannot be a token cannot be a key of the store either.
  const asked = [...new Set(tokens.filter(isTokenText))];
  const items = asked.length === 0 ? [] : await context.store.getMany(asked.map(tokenRowName));
  const rows = new Map(asked.map((token, i) => [token, items[i]]));
  const digest = tenantDigest(context.keys, tenant);
  return tokens.map((token) => {
    const bytes = rows.get(token);
    if (bytes === undefined) return unknown();
    return attempt(() => {
      const row = parseTokenRow(bytes, token, context.keys);
      if (row.state === "lost") throw unknown();
      if (!sameDigest(row.tenant, digest)) {
        throw new FieldsealError("TOKEN_OTHER_TENANT", "the token belongs to another tenant");
      }
      if (row.format !== format.name) {
        throw new FieldsealError("TOKEN_OTHER_FORMAT", "the token was made under another format or field");
      }
      return { token, row, bytes };
    });
  });
}

/** Throws the code of a token whose life has ended. */
export function checkLive({ row }: FoundToken, now: number): void {
  const state = stateAt(row, now);
  if (state === "expired") throw new FieldsealError("TOKEN_EXPIRED", "the token has expired");
  if (state === "revoked") throw new FieldsealError("TOKEN_REVOKED", "the token was revoked");
  if (state === "erased") throw new FieldsealError("SUBJECT_ERASED", "the subject was erased");
}

function unknown(): FieldsealError {
  return new FieldsealError("TOKEN_UNKNOWN", "the vault never handed out this token");
}
