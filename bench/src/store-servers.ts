// What each store of a vault needs to run here: nothing, a folder, a PostgreSQL server, DynamoDB's stand-in. Starts processes.
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { StoreName } from "./vaults.ts";

export interface StoreServer {
  /** What `VaultPlace.place` is for the store. */
  readonly place: string;
  stop(): Promise<void>;
}

/** Starts what a store needs; null, and a line that says so, where its server is not on this machine. */
export async function startStore(store: StoreName): Promise<StoreServer | null> {
  if (store === "memory") return { place: "", stop: async () => {} };
  if (store === "sqlite") {
    const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-bench-"));
    return { place: path.join(folder, "vault.db"), stop: async () => remove(folder) };
  }
  const server = store === "postgres" ? await startPostgres() : await startDynamodb();
  if (server === null) console.log(`vault: ${store} is skipped: its server is not on this machine`);
  return server;
}

/** A server of its own with the durability that a vault needs; initdb refuses root, so root's runs as nobody. */
async function startPostgres(): Promise<StoreServer | null> {
  const programs = postgresPrograms();
  if (programs === undefined) return null;
  const host = mkdtempSync(path.join(tmpdir(), "fieldseal-bench-"));
  const nobody = 65_534;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(host, nobody, nobody);
  const options = { cwd: host, stdio: "ignore", ...(isRoot ? { uid: nobody, gid: nobody } : {}) } as const;
  const data = path.join(host, "data");
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
  execFileSync(path.join(programs, "initdb"), initdb, options);
  const settings = ["listen_addresses=", "max_connections=60", "fsync=on", "synchronous_commit=on"];
  const words = ["-D", data, "-k", host, ...settings.flatMap((one) => ["-c", one])];
  const server = spawn(path.join(programs, "postgres"), words, options);
  while (!(await answers(host))) {
    if (server.exitCode !== null) throw new Error("PostgreSQL did not start");
    await setTimeout(50);
  }
  return { place: host, stop: () => end(server, "SIGINT").finally(() => remove(host)) };
}

async function answers(host: string): Promise<boolean> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ host, user: "postgres", database: "postgres" });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(path.delimiter),
    ...versions.map((version) => path.join(debian, version, "bin")),
  ];
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(path.join(folder, name))));
}

/** In a process of its own: it must not share a thread with the client. */
async function startDynamodb(): Promise<StoreServer | null> {
  const server = fork(path.join(import.meta.dirname, "probes/dynalite.ts"), { execArgv: ["--no-warnings"] });
  const [message] = (await Promise.race([once(server, "message"), once(server, "exit")])) as [unknown];
  if (typeof message !== "string") return null;
  return { place: message, stop: () => end(server, "SIGTERM") };
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(server, "exit");
  server.kill(signal);
  await ended;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
