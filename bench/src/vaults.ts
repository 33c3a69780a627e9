// The vault and its stores, where this build has them, and values for it.
import { randomInt } from "node:crypto";

export type StoreName = "memory" | "sqlite";

/** What the suite uses of a vault. */
export interface BenchVault {
  tokenize(value: string, scope: object): Promise<{ token: string }>;
  tokenizeBatch(values: readonly string[], scope: object): Promise<{ token: string }[]>;
  detokenize(token: string, scope: object): Promise<string>;
  detokenizeBatch(tokens: readonly string[], scope: object): Promise<{ value: string }[]>;
  close(): Promise<void>;
}

export type OpenVault = (options: {
  readonly store: StoreName;
  readonly file: string;
  readonly key: Uint8Array;
}) => Promise<BenchVault>;

/** Tokens of as many digits, for one tenant. */
export const scope: object = {
  format: {
    name: "digits",
    normalize: (value: string) => value,
    draw: (value: string, below: (n: number) => number) => Array.from(value, () => below(10)).join(""),
  },
  tenant: "bench",
};

/** Random numbers of 16 digits. */
export function cards(count: number): string[] {
  return Array.from({ length: count }, () => String(randomInt(1e14)).padStart(16, "4"));
}

/** Opens vaults; null where this build has none. */
export async function loadVault(): Promise<OpenVault | null> {
  const vault = await optional("@fieldseal/tokenizer/vault");
  if (vault === null) return null;
  return async ({ store, file, key }) => {
    const stores = await import(`@fieldseal/tokenizer/${store}`);
    return vault.createVault({
      store: store === "memory" ? stores.createMemoryStore() : stores.createSqliteStore({ path: file }),
      keys: vault.staticKeys([{ version: "1", key }]),
    });
  };
}

// biome-ignore lint/suspicious/noExplicitAny: its types are not there where the module is not.
async function optional(name: string): Promise<any> {
  try {
    return await import(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return null;
    throw error;
  }
}
