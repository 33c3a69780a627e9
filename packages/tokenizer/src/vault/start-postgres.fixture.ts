// A PostgreSQL server of the tests' own, in a temporary folder, reached by a socket there. Starts processes.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";

export interface PostgresServer {
  /** Folder of the socket: `host` of a pg client. */
  readonly host: string;
  /** Kills the server and every process of it. */
  crash(): Promise<void>;
  /** Starts it again on its files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Folder of the server's programs, if they are on this machine: on PATH, or where Debian puts them. */
export const postgresPrograms: string | undefined = findPrograms();

if (postgresPrograms === undefined) {
  const message = "PostgreSQL: no initdb on this machine, its tests do not run";
  if (process.env.REQUIRE_ALL === "1") throw new Error(message);
  console.log(message);
}

/** Makes a database and starts a server on it; initdb refuses root, so root's server runs as nobody. */
export async function startPostgres(): Promise<PostgresServer> {
  const host = mkdtempSync(path.join(tmpdir(), "fieldseal-pg-"));
  const nobody = 65_534;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(host, nobody, nobody);
  const options = { cwd: host, ...(isRoot ? { uid: nobody, gid: nobody } : {}) };
  const data = path.join(host, "data");
  const program = (name: string): string => path.join(postgresPrograms!, name);
  const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  await promisify(execFile)(program("initdb"), initdb, options);
  let server: ChildProcess;
  const start = async (): Promise<void> => {
    const settings = [
      "listen_addresses=",
      "log_min_messages=fatal",
      "recovery_init_sync_method=syncfs",
      "max_connections=60",
    ].flatMap((one) => ["-c", one]);
    for (;;) {
      const started = spawn(program("postgres"), ["-D", data, "-k", host, ...settings], {
        ...options,
        stdio: "ignore",
      });
      server = started;
      // A server that finds remains of the killed one gives up; the next attempt finds them gone.
      while (started.exitCode === null) {
        if (await answers(host)) return;
        await setTimeout(50);
      }
      await setTimeout(100);
    }
  };
  await start();
  const ended = (child: ChildProcess): Promise<unknown> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once("exit", resolve));
  return {
    host,
    async crash() {
      const pids = [server.pid!, ...childrenOf(server.pid!)];
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It ended by itself in the meantime.
        }
      }
      await ended(server);
    },
    restart: start,
    async stop() {
      server.kill("SIGQUIT");
      await ended(server);
      rmSync(host, { recursive: true, force: true });
    },
  };
}

async function answers(host: string): Promise<boolean> {
  const client = new pg.Client({ host, user: "postgres", database: "postgres" });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function findPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? "").split(path.delimiter),
    ...versions.map((version) => path.join(debian, version, "bin")),
  ];
  return folders.find((folder) => ["initdb", "postgres"].every((name) => existsSync(path.join(folder, name))));
}
