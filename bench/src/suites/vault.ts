// Tokens a second through the vault, for each store: puts, durable where the store is, and gets.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { Figures, Part } from "../result.ts";
import { startStore } from "../store-servers.ts";
import { cards, loadVault, type OpenVault, type StoreName, scope, storeNames, type VaultPlace } from "../vaults.ts";

const writers = 8;
const cardsOfWriter = 200;

export async function vault(): Promise<readonly Part[]> {
  const open = await loadVault();
  const figures: Figures = {
    kind: "figures",
    name: "vault",
    title: "Vault, tokens a second",
    note:
      open === null
        ? "Skipped: this build has no vault."
        : `Wall time on this machine's disk, so for orientation only. SQLite and PostgreSQL (on a socket, fsync and synchronous_commit on) sync before each put is acknowledged. The rows of dynamodb are those of dynalite, in memory in a process of its own: they bound what the client and the protocol between the rows cost, and say nothing of DynamoDB. The last column is ${writers} processes putting one by one into one store. A store whose server is not on the machine has no row.`,
    columns: [
      "store",
      "put, one by one",
      "put, batches of 1000",
      "get, one by one",
      "get, batches of 1000",
      `put, ${writers} processes`,
    ],
    rows: open === null ? [] : await allRates(open),
  };
  return [figures];
}

async function allRates(open: OpenVault): Promise<(string | number)[][]> {
  const rows: (string | number)[][] = [];
  for (const store of storeNames) {
    const server = await startStore(store);
    if (server === null) continue;
    try {
      rows.push(await rates(open, store, server.place));
    } finally {
      await server.stop();
    }
  }
  return rows;
}

async function rates(open: OpenVault, store: StoreName, place: string): Promise<(string | number)[]> {
  const vault = { store, place, key: randomBytes(32) };
  const tokens = await open(vault);
  try {
    const single = cards(2000);
    const batched = cards(store === "dynamodb" ? 5000 : 20_000);
    const issued: string[] = [];
    const putOne = await perSecond(single.length, async () => {
      for (const card of single) issued.push((await tokens.tokenize(card, scope)).token);
    });
    const getOne = await perSecond(issued.length, async () => {
      for (const [i, token] of issued.entries()) {
        if ((await tokens.detokenize(token, scope)) !== single[i]) throw new Error(`${store}: another value came back`);
      }
    });
    const batches: string[][] = [];
    const putMany = await perSecond(batched.length, async () => {
      for (let at = 0; at < batched.length; at += 1000) {
        const made = await tokens.tokenizeBatch(batched.slice(at, at + 1000), scope);
        batches.push(made.map((one) => one.token));
      }
    });
    const getMany = await perSecond(batched.length, async () => {
      for (const [i, batch] of batches.entries()) {
        const opened = await tokens.detokenizeBatch(batch, scope);
        if (opened.some(({ value }, k) => value !== batched[i * 1000 + k])) throw new Error(`${store}: another value`);
      }
    });
    const together = store === "memory" ? "-" : await writeTogether(vault);
    return [store, putOne, putMany, getOne, getMany, together];
  } finally {
    await tokens.close();
  }
}

/** Tokens a second of all writers, from the moment on that every one of them has opened its vault. */
async function writeTogether({ store, place, key }: VaultPlace): Promise<number> {
  const worker = join(import.meta.dirname, "../probes/vault-writer.ts");
  const words = [store, place, Buffer.from(key).toString("hex"), String(cardsOfWriter)];
  const children = Array.from({ length: writers }, () => fork(worker, words, { execArgv: ["--no-warnings"] }));
  const all = (message: string): Promise<unknown> =>
    Promise.all(
      children.map(async (child) => {
        const [told] = await Promise.race([once(child, "message"), once(child, "exit")]);
        if (told !== message) throw new Error("a writer failed");
      }),
    );
  await all("ready");
  const ended = Promise.all(children.map((child) => once(child, "exit")));
  const rate = await perSecond(writers * cardsOfWriter, async () => {
    const done = all("done");
    for (const child of children) child.send("go");
    await done;
  });
  await ended;
  return rate;
}

async function perSecond(count: number, act: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await act();
  return Math.round((count * 1e9) / Number(process.hrtime.bigint() - start));
}
