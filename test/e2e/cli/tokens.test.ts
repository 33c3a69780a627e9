import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { startKms } from "@fieldseal/emulator";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldseal, newFolder, type Outcome, program, writeJson } from "./run.ts";
import { card, formats, keyed, keys, newTokenFolder, runIn, textOf, vaultKeys } from "./token-folder.ts";

const rules = (fields: object): object => ({ rules: [{ principal: "role:ops", fields }] });

let folder: string;
const run = (words: string, input?: string | Uint8Array, at = folder): Promise<Outcome> => runIn(at, words, input);
beforeAll(async () => {
  folder = await newTokenFolder();
});

describe("tokenize, then detokenize", () => {
  it("gives a token a line, and the values again", async () => {
    const input = `${card}\r\n\n5555555555554444`;
    const made = await run("tokenize --config keyed.json --format card --tenant shop-7", input);
    expect(textOf(made)).toMatch(/^\d{4} \d{4} \d{4} 1111\n\n\d{12}4444\n$/);
    expect(made.stdout.toString()).not.toContain(card);
    expect(made.stderr).toBe("2 tokens, version 1: keep it with them\n");
    const opened = await run("detokenize --config keyed.json --format card --tenant shop-7 --version 1", made.stdout);
    expect(textOf(opened)).toBe(`${card}\n\n5555555555554444\n`);
  });

  it("writes an object a line with the version under --json", async () => {
    const made = await run("tokenize --config keyed.json --format ssn --json", "536-90-4399\n");
    const { token, version } = JSON.parse(textOf(made)) as { token: string; version: string };
    expect([version, made.stderr]).toEqual(["1", ""]);
    const opened = await run("detokenize --config keyed.json --format ssn --version 1 --json", token);
    expect(JSON.parse(textOf(opened))).toEqual({ value: "536-90-4399" });
  });

  it("needs no vault, nor its key, for formats that none of them is for", async () => {
    const at = newFolder();
    writeFileSync(path.join(at, "tokens.key"), "07".repeat(32));
    writeJson(at, "tokenizer.json", { version: 1, formats, keys, vault: { sqlite: "vault.db", keys: vaultKeys } });
    const made = textOf(await run("tokenize --config tokenizer.json --format card", card, at));
    expect(made).toBe(textOf(await run("tokenize --config keyed.json --format card", card)));
    expect(existsSync(path.join(at, "vault.db"))).toBe(false);
    const csv = "number,bin\n,\n";
    const columns = "--csv --columns number=card,bin=bin";
    const refused = await run(`tokenize --config tokenizer.json ${columns}`, csv, at);
    expect(refused.stderr).toMatch(/^error\[FILE_UNREADABLE\]: the key file vault.key/);
  });

  it("says which key version it takes tokens for, where there are several and none is named", async () => {
    const at = newFolder();
    for (const [name, byte] of [
      ["old.key", "07"],
      ["new.key", "08"],
    ] as const) {
      writeFileSync(path.join(at, name), byte.repeat(32));
    }
    const versions = [
      { version: "1", file: "old.key" },
      { version: "2", file: "new.key" },
    ];
    writeJson(at, "both.json", { version: 1, formats: keyed, keys: { current: "2", versions } });
    const token = textOf(await run("tokenize --config both.json --format card --version 1", card, at));
    const guessed = await run("detokenize --config both.json --format card", token, at);
    expect(guessed.stderr).toMatch(/^warning: the tokens are taken for those of the current key version, 2\nhint: /);
    expect(textOf(guessed)).not.toBe(`${card}\n`);
    const told = await run("detokenize --config both.json --format card --version 1", token, at);
    expect([textOf(told), told.stderr]).toEqual([`${card}\n`, "1 values\n"]);
  });

  it("refuses a column that is named twice, since only one format could be meant", async () => {
    const refused = await run("tokenize --config keyed.json --csv --columns number=card,number=ssn", "number\n1\n");
    expect([refused.code, refused.stdout.length]).toEqual([2, 0]);
    expect(refused.stderr).toMatch(/--columns names a column twice/);
  });

  it("keeps order and count over many batches", async () => {
    const input = Array.from({ length: 10_000 }, (_, i) => `536-${10 + (i % 89)}-${1000 + (i % 9000)}\n`).join("");
    const made = textOf(await run("tokenize --config keyed.json --format ssn", input));
    expect(made.split("\n")).toHaveLength(10_001);
    expect(textOf(await run("detokenize --config keyed.json --format ssn", made))).toBe(input);
  });

  it("rewrites columns of CSV, each in its format, with the version in a column", async () => {
    const csv = `id,number,ssn,shop\n1,${card},536-90-4399,a\n2,,536-90-4399,b\n`;
    const options = "--csv --columns number=card,ssn --format ssn --tenant-column shop --version-column key";
    const made = textOf(await run(`tokenize --config keyed.json ${options}`, csv));
    expect(made).toMatch(/^id,number,ssn,shop,key\n1,\d{4} \d{4} \d{4} 1111,(.{11}),a,1\n2,,(?!\1).{11},b,1\n$/);
    const opened = textOf(await run(`detokenize --config keyed.json ${options}`, made));
    expect(opened).toBe(csv.replaceAll(/(shop|[ab])$/gm, (end) => (end === "shop" ? "shop,key" : `${end},1`)));
  });

  it("rewrites members of NDJSON, and leaves out records with a bad value where that is asked for", async () => {
    const ndjson = `{"n":1.0,"card":"${card}"}\n{"card":"4111"}\n{"n":3}\n`;
    const words = "--config keyed.json --ndjson --columns card --format card";
    const made = await run(`tokenize ${words} --skip-invalid`, ndjson);
    expect(textOf(made)).toMatch(/^\{"n":1\.0,"card":"\d{4} \d{4} \d{4} 1111"\}\n\{"n":3\}\n$/);
    expect(made.stderr).toBe(
      'warning: record 2, column "card" is left out: VALUE_TOO_SHORT\n1 values refused\n2 records, 1 values\n',
    );
    const refused = await run(`tokenize ${words}`, ndjson);
    expect([refused.code, refused.stdout.length]).toEqual([1, 0]);
    expect(refused.stderr).toMatch(/^error\[VALUE_TOO_SHORT\]: record 2, column "card"/);
  });

  it("rewrites values anywhere in NDJSON by selectors, and every other byte stays", async () => {
    const ndjson = `{"n":1.0,"customer":{"card":"${card}"},"items":[{"pan": "${card}"},{}],"card":"x"}\r\n`;
    const words = "--config keyed.json --ndjson --format card --columns";
    const columns = "$.customer.card,$.items[*]['pan','other,pan']=card";
    const made = textOf(await run(`tokenize ${words} ${columns}`, ndjson));
    expect(made.replaceAll(/\d{4} \d{4} \d{4} 1111/g, card)).toBe(ndjson);
    expect(made).not.toContain(card);
    expect(textOf(await run(`detokenize ${words} ${columns}`, made))).toBe(ndjson);
    const refused = await run(`tokenize ${words} $.customer[`, ndjson);
    expect(refused.stderr).toMatch(/^error\[SELECTOR_INVALID\]/);
  });

  it("warns of a column that no record has: its values would have left as they came", async () => {
    const args = ["tokenize", "--config", "keyed.json", "--ndjson", "--format", "card", "--columns"];
    const input = '{"card":"4111111111111111"}\n';
    const missed = await fieldseal(folder, [...args, "card,$.customer.crd"], input);
    expect(missed.code).toBe(0);
    expect(missed.stderr).toMatch(
      /^warning: the column "\$\.customer\.crd" has no value in any record\n.*\n1 records, 1 values\n$/,
    );
    for (const [columns, text] of [
      ["card", input],
      ["card", ""],
    ]) {
      expect((await fieldseal(folder, [...args, columns!], text)).stderr).not.toContain("warning");
    }
  });

  it("does the files of a folder, each once, and says what it did", async () => {
    const at = newFolder();
    const [input, words] = [path.join(at, "in"), `--config ${path.join(folder, "keyed.json")} --columns card`];
    mkdirSync(path.join(input, "day=1"), { recursive: true });
    writeFileSync(path.join(input, "a.csv"), `id,card\n1,${card}\n`);
    writeFileSync(path.join(input, "day=1/b.ndjson"), `{"card":"${card}"}\n{"n":1.0}\n`);
    const folders = "--folder in --out out --format card";
    const made = await run(`tokenize ${words} ${folders}`, "", at);
    expect([textOf(made), made.stderr]).toEqual([
      "",
      "1 of 2: a.csv: 1 records, 1 values\n2 of 2: day=1/b.ndjson: 2 records, 1 values\n2 files done, 0 were done already\n",
    ]);
    writeFileSync(path.join(input, "c.csv"), "card\n4111111111111112\n");
    const again = await run(`tokenize ${words} ${folders} --json`, "", at);
    expect([again.code, JSON.parse(again.stderr).error.code]).toEqual([1, "ITEMS_FAILED"]);
    const results = again.stdout
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(results.map(({ outcome, code }) => code ?? outcome)).toEqual([
      "already-done",
      "VALUE_CHECKSUM_INVALID",
      "already-done",
    ]);
    expect(again.stdout.toString()).not.toMatch(/4111/);

    const back = textOf(
      await run(`detokenize ${words} --folder out --out back --format card --version 1 --json`, "", at),
    );
    const restored = back
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).destination.key as string);
    const contents = restored.map((key) => readFileSync(path.join(at, "back", key), "utf8"));
    expect(contents).toEqual([`id,card\n1,${card}\n`, `{"card":"${card}"}\n{"n":1.0}\n`]);
    const inside = await run(`tokenize ${words} --folder in --out in/out --format card`, "", at);
    expect(inside.stderr).toMatch(/^error\[USAGE_INVALID\]/);
    symlinkSync("in", path.join(at, "link"));
    const behind = await run(`tokenize ${words} --folder in --out link/new/out --format card`, "", at);
    expect(behind.stderr).toMatch(/^error\[USAGE_INVALID\]/);
    writeFileSync(path.join(at, "file"), "");
    const fromFile = await run(`tokenize ${words} --folder file --out out --format card`, "", at);
    expect(fromFile.stderr).toMatch(/^error\[FILE_UNREADABLE\]: file cannot be read: it is no folder/);
    const toFile = await run(`tokenize ${words} --folder in --out file --format card`, "", at);
    expect(toFile.stderr).toMatch(/^error\[FILE_UNWRITABLE\]: file cannot be written: it is no folder/);
    const nowhere = await run(`tokenize ${words} --folder none --out out --format card`, "", at);
    expect(nowhere.stderr).toMatch(/^error\[FILE_UNREADABLE\]/);
  });

  it("leaves no half of a file when it is killed, and does what is left when it is run again", async () => {
    const at = newFolder();
    const rows = 200_000;
    mkdirSync(path.join(at, "in"));
    writeFileSync(path.join(at, "in/a.csv"), "card\n5555555555554444\n");
    writeFileSync(path.join(at, "in/b.csv"), `card\n${`${card}\n`.repeat(rows)}`);
    const config = path.join(folder, "keyed.json");
    const words = `tokenize --config ${config} --folder in --out out --columns card --format card`.split(" ");
    const written = (): string[] => (existsSync(path.join(at, "out")) ? readdirSync(path.join(at, "out")) : []);
    const killed = spawn(process.execPath, [program, ...words], { cwd: at, stdio: "ignore" });
    const ended = once(killed, "exit");
    while (!written().some((name) => name.startsWith(".b."))) await setTimeout(2);
    killed.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    expect(written().filter((name) => !name.startsWith("."))).toEqual([
      expect.stringMatching(/^a\.[0-9a-f]{32}\.csv$/),
    ]);
    const again = await fieldseal(at, words);
    expect([again.code, again.stderr]).toEqual([
      0,
      `1 of 2: a.csv: done already\n2 of 2: b.csv: ${rows} records, ${rows} values\n1 files done, 1 were done already\n`,
    ]);
    const [, whole] = written().filter((name) => !name.startsWith("."));
    expect(readFileSync(path.join(at, "out", whole!), "utf8").split("\n")).toHaveLength(rows + 2);
  });

  it("does the files of a folder anew where tenants have keys of their own since", async () => {
    const at = newFolder();
    mkdirSync(path.join(at, "in"));
    writeFileSync(path.join(at, "in/a.csv"), `card\n${card}\n`);
    writeJson(folder, "isolated.json", { version: 1, formats: keyed, keys, isolation: "tenant" });
    for (const name of ["keyed.json", "isolated.json"]) {
      const words = `tokenize --config ${path.join(folder, name)} --folder in --out out --columns card --format card`;
      expect((await run(`${words} --tenant t-1`, "", at)).stderr).toContain("1 files done, 0 were done already");
    }
    const written = readdirSync(path.join(at, "out")).map((name) => readFileSync(path.join(at, "out", name), "utf8"));
    expect(new Set(written).size).toBe(2);
  });

  it("gives tokens of the current key for those of an older one", async () => {
    const rotated = { current: "2", versions: [...keys.versions, { version: "2", file: "tokens-2.key" }] };
    writeFileSync(path.join(folder, "tokens-2.key"), "08".repeat(32));
    writeJson(folder, "rotated.json", { version: 1, formats: keyed, keys: rotated });
    const csv = "--csv --columns card --format card --version-column key";
    const old = textOf(await run(`tokenize --config keyed.json ${csv}`, `card\n${card}\n`));
    const renewed = textOf(await run(`retokenize --config rotated.json ${csv}`, old));
    expect(renewed).toMatch(/^card,key\n\d{4} \d{4} \d{4} 1111,2\n$/);
    expect(renewed).not.toBe(old.replace(",1\n", ",2\n"));
    expect(textOf(await run(`detokenize --config rotated.json ${csv}`, renewed))).toBe(`card,key\n${card},2\n`);
  });

  it("takes keys that KMS wraps", async () => {
    const kms = await startKms({ keys: [{ alias: "alias/tokens", keySpec: "SYMMETRIC_DEFAULT" }] });
    try {
      const { arn } = kms.keys()[0]!;
      const answer = await fetch(kms.url, {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.GenerateDataKey" },
        body: JSON.stringify({
          KeyId: arn,
          KeySpec: "AES_256",
          EncryptionContext: { "fieldseal:tenant": "*", "fieldseal:format": "*" },
        }),
      });
      const { CiphertextBlob: wrapped } = (await answer.json()) as { CiphertextBlob: string };
      const own = { current: "k", versions: [{ version: "k", kms: arn, wrapped }] };
      const wrappedFolder = newFolder();
      writeJson(wrappedFolder, "c.json", { version: 1, formats, keys: own, vault: { sqlite: "v.db", keys: own } });
      const words = `--config c.json --endpoint ${kms.url}`;
      textOf(await run(`vault init ${words}`, "", wrappedFolder));
      for (const format of ["card", "bin"]) {
        const made = textOf(await run(`tokenize ${words} --format ${format}`, card, wrappedFolder));
        expect(made).not.toContain(card);
        expect(textOf(await run(`detokenize ${words} --format ${format}`, made, wrappedFolder))).toBe(`${card}\n`);
      }
    } finally {
      await kms.close();
    }
  });
});

describe("tokenize", () => {
  it.each([
    ["VALUE_CHECKSUM_INVALID", "--format card", `${card}\n\n4111111111111112`, "line 3: "],
    ["VALUE_CHARACTER_INVALID", "--format ssn", "53O-90-4399", "line 1: "],
    ["FORMAT_UNKNOWN", "--format cards", card, ""],
    ["KEY_VERSION_UNKNOWN", "--format card --version 9", card, ""],
    ["BODY_NOT_UTF8", "--format card", Uint8Array.of(0xff), ""],
    ["BODY_TOO_LARGE", "--format card", "1".repeat(1_000_001), ""],
  ])("answers %s with nothing on stdout and no value on stderr", async (code, words, input, where) => {
    const outcome = await run(`tokenize --config keyed.json ${words}`, input);
    expect([outcome.code, outcome.stdout.length]).toEqual([1, 0]);
    expect(outcome.stderr.startsWith(`error[${code}]: ${where}`), outcome.stderr).toBe(true);
    expect(outcome.stderr).not.toMatch(/4111|90-4399/);
  });

  it("counts lines over all batches, and has written those before the one that failed", async () => {
    const input = `${"536-90-4399\n".repeat(4999)}536-90-439\n`;
    const { code, stdout, stderr } = await run("tokenize --config keyed.json --format ssn", input);
    expect([code, stdout.toString().split("\n").length]).toEqual([1, 4097]);
    expect(stderr).toMatch(/^error\[VALUE_TOO_SHORT\]: line 5000: /);
  });

  it("stops, and says so, where nobody reads its output any more", async () => {
    const words = "tokenize --config keyed.json --format ssn".split(" ");
    const child = spawn(process.execPath, [program, ...words], { cwd: folder });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    // An input without end.
    const feed = (): unknown => child.stdin.write("536-90-4399\n".repeat(10_000));
    child.stdin.on("drain", feed).on("error", () => {});
    feed();
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "close");
    expect([code, errors]).toEqual([1, expect.stringMatching(/^error\[FILE_UNWRITABLE\]/)]);
  });

  it.runIf(existsSync("/dev/full"))(
    "does its work, and says by its exit code what it did, where stderr takes nothing",
    () => {
      const words = ["tokenize", "--config", "keyed.json", "--format", "card"];
      for (const [line, code] of [
        [card, 0],
        ["x", 1],
      ] as const) {
        const input = `${line}\n`;
        const command = `'${process.execPath}' '${program}' ${words.join(" ")} 2> /dev/full`;
        const { status, stdout } = spawnSync("sh", ["-c", command], { cwd: folder, input });
        expect([status, stdout.length > 0]).toEqual([code, code === 0]);
      }
      const usage = spawnSync("sh", ["-c", `'${process.execPath}' '${program}' nothing 2> /dev/full`]);
      expect(usage.status).toBe(2);
    },
  );

  it.each([
    ["--csv", "id\n1\n".padEnd(100, "2\n")],
    ["--ndjson", '{"number":1}\n'],
  ])("ends at a fault of %s, however long its input stays open", async (form, input) => {
    const words = ["tokenize", "--config", "keyed.json", form, "--columns", "number=card"];
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: "pipe" });
    child.stdin.write(input);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([1, expect.stringMatching(/^error\[RECORD_INVALID\]: record 1, column "number"/)]);
  });

  it("lists the configuration's formats where another one is asked for, of columns too", async () => {
    for (const words of ["--format cards", "--csv --columns number=cards"]) {
      const { code, stderr } = await run(`tokenize --config keyed.json ${words}`, "number\n");
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error\[FORMAT_UNKNOWN\].*\nhint: .*card, ssn\n$/);
    }
  });

  it("names the key file that it cannot use", async () => {
    const document = JSON.parse(readFileSync(path.join(folder, "keyed.json"), "utf8")) as object;
    for (const [file, code] of [
      ["absent.key", "FILE_UNREADABLE"],
      ["keyed.json", "TOKEN_KEY_INVALID"],
    ]) {
      writeJson(folder, "unkeyed.json", { ...document, keys: { current: "1", versions: [{ version: "1", file }] } });
      const { stderr } = await run("tokenize --config unkeyed.json --format card", card);
      expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: .*${file}`));
    }
  });

  it("follows the access rules, also for who may read", async () => {
    const document = JSON.parse(readFileSync(path.join(folder, "keyed.json"), "utf8")) as object;
    const access = { tokenize: rules({ "*": "full" }), detokenize: rules({ card: { mask: 4 } }) };
    writeJson(folder, "ruled.json", { ...document, access });
    const nobody = await run("tokenize --config ruled.json --format card", card);
    expect([nobody.code, nobody.stderr.slice(0, 20)]).toEqual([1, "error[ACCESS_DENIED]"]);
    const made = textOf(await run("tokenize --config ruled.json --format card --principal role:ops", card));
    const opened = await run("detokenize --config ruled.json --format card --principal role:ops", made);
    expect(textOf(opened)).toMatch(/^\*+.*1111\n$/);
    const without = await run("tokenize --config keyed.json --format card --principal role:ops", card);
    expect(without.code).toBe(2);
  });

  it("tells line and column of a format that needs a vault where there is none", async () => {
    const document = JSON.parse(readFileSync(path.join(folder, "keyed.json"), "utf8")) as object;
    writeFileSync(
      path.join(folder, "bad.json"),
      JSON.stringify({ ...document, formats: { pin: { type: "digits", onShort: "vault" } } }),
    );
    const { code, stderr } = await run("tokenize --config bad.json --format pin", "1");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[CONFIG_INVALID\]: bad\.json:1:\d+: \/formats\/pin: /);
  });
});
