// Tokens a second through the vault, for each store that needs no server: durable puts and gets.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figures, Part } from "../result.ts";
import { cards, loadVault, type OpenVault, type StoreName, scope } from "../vaults.ts";

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
        : `Wall time on this machine's disk, so for orientation only. SQLite syncs before each put is acknowledged. The last column is ${writers} processes putting one by one into one file. PostgreSQL and DynamoDB need a server and are left to their own operators' measuring.`,
    columns: [
      "store",
      "put, one by one",
      "put, batches of 1000",
      "get, one by one",
      "get, batches of 1000",
      `put, ${writers} processes`,
    ],
    rows: open === null ? [] : [await rates(open, "memory"), await rates(open, "sqlite")],
  };
  return [figures];
}

async function rates(open: OpenVault, store: StoreName): Promise<(string | number)[]> {
  const folder = mkdtempSync(join(tmpdir(), "fieldseal-bench-"));
  const key = randomBytes(32);
  const file = join(folder, "vault.db");
  const tokens = await open({ store, file, key });
  try {
    const single = cards(2000);
    const batched = cards(20_000);
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
    const together =
      store === "memory" ? "-" : await perSecond(writers * cardsOfWriter, () => writeTogether(file, key));
    return [store, putOne, putMany, getOne, getMany, together];
  } finally {
    await tokens.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeTogether(file: string, key: Buffer): Promise<void> {
  const worker = join(import.meta.dirname, "../probes/vault-writer.ts");
  const children = Array.from({ length: writers }, () =>
    fork(worker, [file, key.toString("hex"), String(cardsOfWriter)], { execArgv: ["--no-warnings"] }),
  );
  for (const code of await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]))) {
    if (code !== 0) throw new Error("a writer failed");
  }
}

async function perSecond(count: number, act: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await act();
  return Math.round((count * 1e9) / Number(process.hrtime.bigint() - start));
}
