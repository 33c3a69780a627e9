// A vault over an empty store in memory before each test, under a clock that only the test moves.
import { randomBytes } from "node:crypto";
import type { ErrorCode } from "@fieldseal/core/errors";
import { beforeEach, expect } from "vitest";
import { createMemoryStore } from "../memory/index.ts";
import { digits } from "./digit-format.fixture.ts";
import { createVault, type KeySource, staticKeys, type Vault, type VaultStore } from "./index.ts";
import { scanPages } from "./scan-rows.ts";

export const scope = { format: digits, tenant: "shop-7" };
export const keep = { ...scope, deterministic: true };
export const pan = "4111 1111 1111 1111";
export const canonical = "4111111111111111";

interface Given {
  keys: KeySource;
  store: VaultStore;
  vault: Vault;
  /** Milliseconds since 1970. */
  time: number;
}
/** What the test at hand works with. */
export const given = {} as Given;

/** Another vault over the same store. */
export const open = (options: { keys?: KeySource } = {}): Vault =>
  createVault({ store: given.store, keys: given.keys, now: () => given.time, ...options });

beforeEach(() => {
  given.keys = staticKeys([{ version: "1", key: randomBytes(32) }]);
  given.store = createMemoryStore();
  given.time = 1_800_000_000_000;
  given.vault = open();
});

export async function rows(prefix: string): Promise<{ key: string; item: Uint8Array }[]> {
  const all = [];
  for await (const page of scanPages(given.store, { prefix })) all.push(...page);
  return all;
}
export const rejects = (work: Promise<unknown>, code: ErrorCode): Promise<void> =>
  expect(work).rejects.toMatchObject({ name: "FieldsealError", code });
export const issue = async (value: string, options: Parameters<Vault["tokenize"]>[1] = scope): Promise<string> =>
  (await given.vault.tokenize(value, options)).token;
