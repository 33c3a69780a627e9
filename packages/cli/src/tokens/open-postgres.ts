// The vault's rows in PostgreSQL: a pool of `pg`, with TLS away from this machine. I/O: connects when it is first used.
import path from "node:path";
import { isLoopback } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { PostgresPlace } from "@fieldseal/tokenizer";
import { createPostgresStore, createVaultTable } from "@fieldseal/tokenizer/postgres";
import type { VaultStore } from "@fieldseal/tokenizer/vault";
import type { Pool } from "pg";
import { readText } from "../files.ts";
import { loadPackage } from "../load-package.ts";

const connectTimeoutMs = 5000;
const queryTimeoutMs = 30_000;
const idleTimeoutMs = 60_000;

/**
 * Opens the store; `create` makes its table where there is none. Closing it ends the pool.
 *
 * @throws {FieldsealError} `PACKAGE_MISSING`, `CONFIG_INVALID`, `FILE_UNREADABLE`, `ENDPOINT_REFUSED`,
 * `VAULT_UNAVAILABLE`.
 */
export async function openPostgres(place: PostgresPlace, folder: string, create: boolean): Promise<VaultStore> {
  const client = await openPool(place, folder);
  const options = { client, table: place.table };
  if (create) {
    await createVaultTable(options).catch(async (error: unknown) => {
      await client.end();
      throw error;
    });
  }
  return { ...createPostgresStore(options), close: () => client.end() };
}

/** Opens a pool, which connects when it is first used. @throws {FieldsealError} as `openPostgres` */
export async function openPool(place: PostgresPlace, folder: string): Promise<Pool> {
  const { default: pg } = await loadPackage("pg", () => import("pg"));
  const connectionString = await connectionOf(place.connection, folder);
  // A client that is never connected says how `pg` reads the string and the environment.
  const { host, ssl } = parsed(() => new pg.Client({ connectionString }));
  if (place.onPlaintext === "refuse" && !isLocal(host) && !isVerified(ssl)) {
    throw new FieldsealError("ENDPOINT_REFUSED", "PostgreSQL away from this machine without verified TLS", {
      hint: "add sslmode=verify-full to the connection string",
    });
  }
  const client = new pg.Pool({
    connectionString,
    max: place.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    application_name: "fieldseal",
  });
  // A connection that breaks while idle is replaced; who needs one is told by its own query.
  client.on("error", () => {});
  return client;
}

async function connectionOf(connection: PostgresPlace["connection"], folder: string): Promise<string> {
  if ("url" in connection) return connection.url;
  if ("urlFile" in connection) return (await readText(path.resolve(folder, connection.urlFile))).trim();
  const text = process.env[connection.urlEnv];
  if (text === undefined || text === "") {
    throw new FieldsealError("CONFIG_INVALID", `the environment variable ${connection.urlEnv} is not set`);
  }
  return text;
}

function isLocal(host: string): boolean {
  return host === "" || host.startsWith("/") || isLoopback(host);
}

/** Whether `pg` would check the server's certificate. */
function isVerified(ssl: unknown): boolean {
  if (typeof ssl === "object" && ssl !== null)
    return (ssl as { rejectUnauthorized?: boolean }).rejectUnauthorized !== false;
  return ssl === true;
}

/** The driver's own message would repeat the connection string, and the password in it. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new FieldsealError("CONFIG_INVALID", "the connection string of PostgreSQL cannot be read");
  }
}
