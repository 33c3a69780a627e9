// The vault and its stores, where this build has them, and values for it.
import { randomInt } from "node:crypto";

/** Stores, in the order of the report. */
export const storeNames = ["memory", "sqlite", "postgres", "dynamodb"] as const;
export type StoreName = (typeof storeNames)[number];

/** What the suite uses of a vault. */
export interface BenchVault {
  tokenize(value: string, scope: object): Promise<{ token: string }>;
  tokenizeBatch(values: readonly string[], scope: object): Promise<{ token: string }[]>;
  detokenize(token: string, scope: object): Promise<string>;
  detokenizeBatch(tokens: readonly string[], scope: object): Promise<{ value: string }[]>;
  close(): Promise<void>;
}

/** A vault as another process can be told to open it. */
export interface VaultPlace {
  readonly store: StoreName;
  /** SQLite: the file. PostgreSQL: the folder of the socket. DynamoDB: the endpoint. */
  readonly place: string;
  readonly key: Uint8Array;
}

export type OpenVault = (options: VaultPlace) => Promise<BenchVault>;

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
  return async ({ store, place, key }) =>
    vault.createVault({ store: await openStore(store, place), keys: vault.staticKeys([{ version: "1", key }]) });
}

async function openStore(name: StoreName, place: string): Promise<unknown> {
  const stores = await import(`@fieldseal/tokenizer/${name}`);
  if (name === "memory") return stores.createMemoryStore();
  if (name === "sqlite") return stores.createSqliteStore({ path: place });
  if (name === "postgres") {
    const { default: pg } = await import("pg");
    const client = new pg.Pool({ host: place, user: "postgres", database: "postgres", max: 4 });
    await stores.createVaultTable({ client });
    return { ...stores.createPostgresStore({ client }), close: () => client.end() };
  }
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new DynamoDBClient({ endpoint: place, region: "us-east-1", credentials });
  await stores.createVaultTable({ client, table: "vault" });
  return { ...stores.createDynamodbStore({ client, table: "vault" }), close: async () => client.destroy() };
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
