// The end of a token's life: its T row becomes a tombstone, then the H row that names it goes. I/O.
import { encodeIndexRow } from "./rows/index-row.ts";
import { corrupt } from "./rows/row-bytes.ts";
import { indexRowName, tokenRowName } from "./rows/row-names.ts";
import { encodeTokenRow, parseTokenRow, type TokenRow, type TokenState, tombstone } from "./rows/token-row.ts";
import type { VaultContext } from "./vault-context.ts";

/** A T row as it was read. */
export interface FoundToken {
  readonly token: string;
  readonly row: TokenRow;
  readonly bytes: Uint8Array;
}

type EndState = Exclude<TokenState, "live">;

/** Makes a tombstone of the row as it was read; undefined if the row has changed since. */
export async function buryToken(
  { store, keys }: VaultContext,
  { token, row, bytes }: FoundToken,
  state: EndState,
): Promise<FoundToken | undefined> {
  const dead = tombstone(row, state);
  const item = encodeTokenRow(dead, token, keys);
  return (await store.putIfEquals(tokenRowName(token), item, bytes)) ? { token, row: dead, bytes: item } : undefined;
}

/**
 * Ends a token's life, if it has not ended; true if this call did. Tombstone first: as soon as the H row is gone,
 * the value may get another token, and there must never be two.
 */
export async function retireToken(context: VaultContext, found: FoundToken, state: EndState): Promise<boolean> {
  let at = found;
  let ended = false;
  while (at.row.state === "live") {
    const buried = await buryToken(context, at, state);
    ended = buried !== undefined;
    at = buried ?? (await readAgain(context, at.token));
  }
  await releaseValue(context, at);
  return ended;
}

/** Deletes the H row that names a dead token, and the value's digest in its tombstone. */
export async function releaseValue({ store, keys }: VaultContext, { token, row, bytes }: FoundToken): Promise<void> {
  if (row.index === undefined) return;
  await store.deleteIfEquals(indexRowName(row.index), encodeIndexRow(token));
  const bare = encodeTokenRow({ ...row, index: undefined }, token, keys);
  await store.putIfEquals(tokenRowName(token), bare, bytes);
}

async function readAgain({ store, keys }: VaultContext, token: string): Promise<FoundToken> {
  const bytes = await store.get(tokenRowName(token));
  if (bytes === undefined) throw corrupt();
  return { token, bytes, row: parseTokenRow(bytes, token, keys) };
}
