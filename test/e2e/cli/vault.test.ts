import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { luhnCheckDigit } from "@fieldseal/core/identifiers";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder, type Outcome, writeJson } from "./run.ts";
import { card, newTokenFolder, runIn, textOf, vaultKeys } from "./token-folder.ts";

let folder: string;
const run = (words: string, input?: string | Uint8Array, at = folder): Promise<Outcome> => runIn(at, words, input);
beforeAll(async () => {
  folder = await newTokenFolder();
});

describe("vault", () => {
  it("init makes file and key for their owner alone, and never over a vault that is there", async () => {
    for (const name of ["vault.db", "vault.key"]) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
    const before = readFileSync(path.join(folder, "vault.key"), "utf8");
    const again = await run("vault init --config tokenizer.json");
    expect([again.code, again.stderr.slice(0, 18)]).toEqual([1, "error[FILE_EXISTS]"]);
    expect(readFileSync(path.join(folder, "vault.key"), "utf8")).toBe(before);
  });

  it("init leaves no empty vault behind where its key cannot be had, and may be repeated", async () => {
    const at = newFolder();
    const document = JSON.parse(readFileSync(path.join(folder, "tokenizer.json"), "utf8")) as { vault: object };
    const kms = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const keys = { current: "v1", versions: [{ version: "v1", kms, wrapped: "QUJDRA==" }] };
    writeJson(at, "tokenizer.json", { ...document, vault: { ...document.vault, keys } });
    for (let attempt = 0; attempt < 2; attempt++) {
      const { stderr } = await run("vault init --config tokenizer.json --endpoint http://127.0.0.1:9", "", at);
      expect(stderr).toMatch(/^error\[KMS_UNAVAILABLE\]/);
    }
    expect(existsSync(path.join(at, "vault.db"))).toBe(false);
  });

  it("is not made in passing", async () => {
    const at = newFolder();
    writeFileSync(path.join(at, "tokens.key"), "07".repeat(32));
    writeFileSync(path.join(at, "vault.key"), "08".repeat(32));
    writeFileSync(path.join(at, "tokenizer.json"), readFileSync(path.join(folder, "tokenizer.json")));
    for (const words of ["vault stats", "vault export", "vault erase --subject s --yes", "tokenize --format bin"]) {
      const { code, stderr } = await run(`${words} --config tokenizer.json`, card, at);
      expect([code, stderr.slice(0, 22)]).toEqual([1, "error[FILE_UNREADABLE]"]);
      expect(() => statSync(path.join(at, "vault.db"))).toThrow("ENOENT");
    }
  });

  it("is no folder", async () => {
    const at = newFolder();
    mkdirSync(path.join(at, "vault.db"));
    writeFileSync(path.join(at, "tokens.key"), "07".repeat(32));
    writeFileSync(path.join(at, "vault.key"), "08".repeat(32));
    writeFileSync(path.join(at, "tokenizer.json"), readFileSync(path.join(folder, "tokenizer.json")));
    const { code, stderr } = await run("vault stats --config tokenizer.json", "", at);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^error\[FILE_UNREADABLE\].*it is a folder/)]);
  });

  it("gives random tokens, counts them, and ends those of a subject with its key", async () => {
    const scope = "--config tokenizer.json --format bin --tenant shop-7";
    const made = await run(`tokenize ${scope} --subject customer-42`, `${card}\n`);
    expect(made.stderr).toBe("1 tokens\n");
    const theirs = textOf(made);
    const others = textOf(await run(`tokenize ${scope} --subject customer-43`, "4242424242424242\n"));
    expect(theirs).toMatch(/^4111 11\d\d \d{4} 1111\n$/);
    expect(textOf(await run(`tokenize ${scope} --subject customer-42`, card))).toBe(theirs);
    expect(textOf(await run(`detokenize ${scope}`, theirs))).toBe(`${card}\n`);
    const counted = await run("vault stats --config tokenizer.json --json");
    expect(counted.stderr).toBe("");
    const stats = JSON.parse(textOf(counted)) as object;
    expect(stats).toMatchObject({ liveByFormat: { bin: 2 }, subjects: { live: 2, erased: 0 }, corrupt: 0 });
    const erase = "vault erase --config tokenizer.json --tenant shop-7 --subject customer-42";
    expect((await run(erase)).code).toBe(2);
    expect(textOf(await run(`detokenize ${scope}`, theirs))).toBe(`${card}\n`);
    expect(JSON.parse(textOf(await run(`${erase} --yes --json`)))).toEqual({ erased: 1 });
    // A misspelt name looks the same: nobody would notice that nothing ended.
    expect((await run(`${erase} --yes`)).stderr).toMatch(/^0 tokens ended\nwarning: the subject had no live token\n/);
    const gone = await run(`detokenize ${scope}`, theirs);
    expect([gone.code, gone.stdout.length]).toEqual([1, 0]);
    expect(gone.stderr).toMatch(/^error\[SUBJECT_ERASED\]/);
    expect(textOf(await run(`detokenize ${scope}`, others))).toBe("4242424242424242\n");
    expect(textOf(await run("vault stats --config tokenizer.json"))).toMatch(/^tokens +erased +1$/m);
  });

  it("gives two processes that tokenize the same values at once the same tokens", async () => {
    const values = Array.from({ length: 2000 }, (_, i) => `41111100${String(i).padStart(4, "0")}`);
    const input = values.map((digits) => `${digits}${luhnCheckDigit(digits)}\n`).join("");
    const words = "tokenize --config tokenizer.json --format bin --tenant shop-9";
    const both = await Promise.all([run(words, input), run(words, input)]);
    expect(textOf(both[1]!)).toBe(textOf(both[0]!));
    expect(new Set(textOf(both[0]!).split("\n"))).toHaveLength(2001);
    const opened = await run("detokenize --config tokenizer.json --format bin --tenant shop-9", both[0]!.stdout);
    expect(textOf(opened)).toBe(input);
  });

  it("moves to another file by export and import, sealed in between", async () => {
    const scope = "--config tokenizer.json --format bin --tenant shop-8";
    const token = textOf(await run(`tokenize ${scope}`, card));
    const exported = await run("vault export --config tokenizer.json");
    expect(textOf(exported)).toMatch(/^(?:[A-Za-z0-9+/]+={0,2}\n){3,}$/);
    const at = newFolder();
    for (const name of ["tokens.key", "vault.key", "tokenizer.json"]) {
      writeFileSync(path.join(at, name), readFileSync(path.join(folder, name)));
    }
    const foreign = Buffer.from(randomBytes(200)).toString("base64");
    for (const input of ["", "not base64\n", `${foreign}\n`, `${textOf(exported).split("\n")[0]}\n${foreign}\n`]) {
      const { stderr } = await run("vault import --config tokenizer.json", input, at);
      expect(stderr).toMatch(/^error\[VAULT_EXPORT_INVALID\]/);
      expect(existsSync(path.join(at, "vault.db"))).toBe(false);
    }
    const cut = exported.stdout.toString().split("\n").slice(0, -2).join("\n");
    const refused = await run("vault import --config tokenizer.json", cut, at);
    expect(refused.stderr).toMatch(/^error\[VAULT_EXPORT_INVALID\]/);
    const report = JSON.parse(textOf(await run("vault import --config tokenizer.json --json", exported.stdout, at)));
    expect(report).toMatchObject({ written: expect.any(Number), kept: expect.any(Number) });
    expect(textOf(await run(`detokenize ${scope}`, token, at))).toBe(`${card}\n`);
  });

  it("is sealed again under another key, and says which rows stay because they cannot be opened", async () => {
    const at = await newTokenFolder();
    const scope = "--config tokenizer.json --format bin --tenant shop-7";
    const token = textOf(await run(`tokenize ${scope}`, card, at));
    const document = JSON.parse(readFileSync(path.join(at, "tokenizer.json"), "utf8")) as { vault: object };
    writeFileSync(path.join(at, "second.key"), "0a".repeat(32));
    const versions = [...vaultKeys.versions, { version: "v2", file: "second.key" }];
    writeJson(at, "tokenizer.json", { ...document, vault: { ...document.vault, keys: { current: "v2", versions } } });
    expect((await run("vault rekey --config tokenizer.json", "", at)).stderr).toBe(
      "1 tokens and 0 subjects sealed again\n",
    );
    expect(textOf(await run(`detokenize ${scope}`, token, at))).toBe(`${card}\n`);
    const database = new DatabaseSync(path.join(at, "vault.db"));
    database.prepare("INSERT INTO vault (key, item) VALUES (?, ?)").run("T#planted", new Uint8Array(40));
    database.close();
    const again = await run("vault rekey --config tokenizer.json --json", "", at);
    const digest = createHash("sha256").update("T#planted").digest("base64url");
    expect([again.code, JSON.parse(again.stdout.toString()), JSON.parse(again.stderr)]).toMatchObject([
      1,
      { tokens: 0, subjects: 0, left: 1, leftRows: [{ kind: "token", digest, code: "VAULT_CORRUPT" }] },
      { error: { code: "VAULT_CORRUPT", hint: expect.any(String) } },
    ]);
  });

  it("is swept", async () => {
    const outcome = await run("vault sweep --config tokenizer.json --json");
    expect(JSON.parse(textOf(outcome))).toEqual({ expired: 0, erased: 0, finished: 0, corrupt: 0 });
  });

  it("is refused to another key", async () => {
    const document = JSON.parse(readFileSync(path.join(folder, "tokenizer.json"), "utf8")) as { vault: object };
    writeFileSync(path.join(folder, "other.key"), "09".repeat(32));
    const other = { current: "v1", versions: [{ version: "v1", file: "other.key" }] };
    writeJson(folder, "other.json", { ...document, vault: { ...document.vault, keys: other } });
    const { code, stderr } = await run("vault stats --config other.json");
    expect([code, stderr.slice(0, 25)]).toEqual([1, "error[VAULT_KEY_MISMATCH]"]);
  });
});
