import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { startSecretsManager } from "@fieldseal/emulator";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type PostgresServer,
  postgresPrograms,
  startPostgres,
} from "../../../packages/tokenizer/src/vault/start-postgres.fixture.ts";
import { root } from "../../repo/workspace.ts";
import { fieldseal, newFolder, type Outcome, runProgram, writeJson } from "./run.ts";
import { type DynamodbServer, startDynamodb } from "./start-dynamodb.ts";

const card = "4111 1111 1111 1111";
const formats = { bin: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 } };
const keys = { current: "1", versions: [{ version: "1", file: "tokens.key" }] };
const vaultKeys = { current: "v1", versions: [{ version: "v1", file: "vault.key" }] };

type Env = Readonly<Record<string, string>>;
const run = (folder: string, words: string, input: string | Uint8Array = "", env: Env = {}): Promise<Outcome> =>
  fieldseal(folder, `${words} --config tokenizer.json`.split(" "), input, env);
const text = ({ code, stdout, stderr }: Outcome): string => {
  expect({ code, stderr: stderr.match(/error.*/)?.[0] }).toEqual({ code: 0, stderr: undefined });
  return stdout.toString();
};
const codeOf = ({ code, stderr }: Outcome): [number | null, string | undefined] => [
  code,
  /^error\[([A-Z_]+)\]/.exec(stderr)?.[1],
];

/** A folder with a configuration whose vault is at `place`. */
function folderFor(place: object, more: object = {}): string {
  const folder = newFolder();
  writeFileSync(path.join(folder, "tokens.key"), "07".repeat(32));
  writeJson(folder, "tokenizer.json", { version: 1, formats, keys, vault: { ...place, keys: vaultKeys }, ...more });
  return folder;
}

let postgres: PostgresServer | undefined;
let dynamodb: DynamodbServer;
let count = 0;
beforeAll(async () => {
  dynamodb = await startDynamodb();
  if (postgresPrograms !== undefined) postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  await dynamodb.close();
  await postgres?.stop();
});

const urlOf = (more = ""): string => `postgres://postgres${more}@${encodeURIComponent(postgres!.host)}/postgres`;
const newTable = (): string => `vault_${count++}`;

interface Kind {
  readonly name: string;
  readonly runs: boolean;
  /** A place where nothing is yet, and the environment that it needs. */
  place(): { readonly place: object; readonly env: Env; readonly name: string };
}
const kinds: readonly Kind[] = [
  {
    name: "PostgreSQL, its connection string in a variable",
    runs: postgresPrograms !== undefined,
    place: () => {
      const table = newTable();
      const place = { postgres: { urlEnv: "VAULT_URL", table, maxConnections: 4 } };
      return { place, env: { VAULT_URL: urlOf(":hunter2") }, name: `PostgreSQL table ${table}` };
    },
  },
  {
    name: "DynamoDB",
    runs: true,
    place: () => {
      const table = newTable();
      const place = { dynamodb: { table, region: "eu-central-1", endpoint: dynamodb.url } };
      return { place, env: {}, name: `DynamoDB table ${table}` };
    },
  },
];

for (const kind of kinds) {
  describe.runIf(kind.runs)(`a vault in ${kind.name}`, () => {
    it("is made by init with its key, and never begun anew", async () => {
      const { place, env, name } = kind.place();
      const folder = folderFor(place);
      const made = await run(folder, "vault init", "", env);
      expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(`made ${name} under key version v1`) });
      const key = readFileSync(path.join(folder, "vault.key"), "utf8");
      expect(codeOf(await run(folder, "vault init", "", env))).toEqual([1, "VAULT_EXISTS"]);
      expect(readFileSync(path.join(folder, "vault.key"), "utf8")).toBe(key);
      const elsewhere = folderFor(place);
      expect(codeOf(await run(elsewhere, "vault init", "", env))).toEqual([1, "VAULT_EXISTS"]);
      expect(existsSync(path.join(elsewhere, "vault.key"))).toBe(false);
    });

    it("is not made in passing: neither its table, nor a vault in an empty table", async () => {
      const { place, env } = kind.place();
      const folder = folderFor(place);
      writeFileSync(path.join(folder, "vault.key"), "08".repeat(32));
      for (const words of ["vault stats", "vault export", "vault erase --subject s --yes", "tokenize --format bin"]) {
        expect(codeOf(await run(folder, words, card, env))).toEqual([1, "VAULT_MISSING"]);
      }
      // An init that cannot write the key leaves the table, and nothing in it.
      const halfway = folderFor(place);
      const nowhere = { current: "v1", versions: [{ version: "v1", file: "none/vault.key" }] };
      writeJson(halfway, "tokenizer.json", { version: 1, formats, keys, vault: { ...place, keys: nowhere } });
      expect(codeOf(await run(halfway, "vault init", "", env))).toEqual([1, "FILE_UNWRITABLE"]);
      expect(codeOf(await run(folder, "tokenize --format bin", card, env))).toEqual([1, "VAULT_MISSING"]);
      text(await run(folder, "vault init", "", env));
    });

    it("gives two processes at once the same tokens, opens them, and ends a subject's", async () => {
      const { place, env } = kind.place();
      const folder = folderFor(place);
      text(await run(folder, "vault init", "", env));
      const words = "tokenize --format bin --tenant shop-7 --subject customer-42";
      const [one, other] = await Promise.all([run(folder, words, card, env), run(folder, words, card, env)]);
      expect(text(one)).toMatch(/^4111 11\d\d \d{4} 1111\n$/);
      expect(text(other)).toBe(text(one));
      const open = "detokenize --format bin --tenant shop-7";
      expect(text(await run(folder, open, one.stdout, env))).toBe(`${card}\n`);
      const stats = JSON.parse(text(await run(folder, "vault stats --json", "", env))) as object;
      expect(stats).toMatchObject({ liveByFormat: { bin: 1 }, subjects: { live: 1 }, corrupt: 0 });
      const erase = "vault erase --tenant shop-7 --subject customer-42 --yes --json";
      expect(JSON.parse(text(await run(folder, erase, "", env)))).toEqual({ erased: 1 });
      expect(codeOf(await run(folder, open, one.stdout, env))).toEqual([1, "SUBJECT_ERASED"]);
    });

    it("moves into SQLite and back into a table that import makes", async () => {
      const [from, to] = [kind.place(), kind.place()];
      const [folder, sqlite, back] = [folderFor(from.place), folderFor({ sqlite: "v.db" }), folderFor(to.place)];
      text(await run(folder, "vault init", "", from.env));
      const token = text(await run(folder, "tokenize --format bin", card, from.env));
      for (const at of [sqlite, back]) cpSync(path.join(folder, "vault.key"), path.join(at, "vault.key"));
      text(await run(sqlite, "vault import", text(await run(folder, "vault export", "", from.env))));
      text(await run(back, "vault import", text(await run(sqlite, "vault export")), to.env));
      expect(text(await run(back, "detokenize --format bin", token, to.env))).toBe(`${card}\n`);
    });
  });
}

describe.runIf(postgresPrograms !== undefined)("the connection string of PostgreSQL", () => {
  it("may be in a file, and stays what it is in the database: rows under their keys, no value", async () => {
    const folder = folderFor({ postgres: { urlFile: "vault.url", table: "from_file" } });
    writeFileSync(path.join(folder, "vault.url"), `${urlOf()}\n`);
    text(await run(folder, "vault init"));
    const token = text(await run(folder, "tokenize --format bin", card))
      .trim()
      .replaceAll(" ", "");
    const client = new pg.Client({ host: postgres!.host, user: "postgres", database: "postgres" });
    await client.connect();
    const { rows } = await client.query("SELECT key, item FROM from_file");
    await client.end();
    const found = (rows as { key: string; item: Buffer }[]).map(({ key, item }) => `${key} ${item.toString("latin1")}`);
    expect(found.some((row) => row.startsWith(`T#${token} `))).toBe(true);
    expect(found.join("\n")).not.toContain("4111111111111111");
  });

  it("may be a role's that has the four rights of its table and no other", async () => {
    const table = newTable();
    const place = { postgres: { urlEnv: "VAULT_URL", table } };
    const folder = folderFor(place);
    text(await run(folder, "vault init", "", { VAULT_URL: urlOf() }));
    const client = new pg.Client({ host: postgres!.host, user: "postgres", database: "postgres" });
    await client.connect();
    await client.query(`CREATE ROLE app LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO app`);
    await client.end();
    const env = { VAULT_URL: urlOf().replace("postgres@", "app@") };
    const token = text(await run(folder, "tokenize --format bin --subject customer-42", card, env));
    expect(text(await run(folder, "detokenize --format bin", token, env))).toBe(`${card}\n`);
    expect(text(await run(folder, "vault erase --subject customer-42 --yes --json", "", env))).toBe('{"erased":1}\n');
    const exported = text(await run(folder, "vault export", "", env));
    expect(JSON.parse(text(await run(folder, "vault import --json", exported, env)))).toMatchObject({ written: 0 });
    expect(codeOf(await run(folder, "vault init", "", env))).toEqual([1, "VAULT_EXISTS"]);
    const other = folderFor({ postgres: { urlEnv: "VAULT_URL", table: newTable() } });
    const refused = await run(other, "vault init --json", "", env);
    // Who has not the right will not have it the next time.
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: "VAULT_UNAVAILABLE", retryable: false } });
    expect(refused.stderr).toContain("(42501)");
  });

  it("may be the configuration's own where it holds no password", async () => {
    const folder = folderFor({ postgres: { url: urlOf(), table: newTable() } });
    text(await run(folder, "vault init"));
    const bad = folderFor({ postgres: { url: urlOf(":hunter2") } });
    const refused = await run(bad, "vault init");
    expect(codeOf(refused)).toEqual([1, "CONFIG_INVALID"]);
    expect(refused.stderr).toMatch(/tokenizer\.json:\d+:\d+: \/vault\/postgres\/url: holds a password/);
    expect(refused.stderr).not.toContain("hunter2");
  });
});

describe("the connection string of PostgreSQL", () => {
  const initWith = (VAULT_URL: string, place: object = {}): Promise<Outcome> =>
    run(
      folderFor({ postgres: { urlEnv: "VAULT_URL", ...place } }),
      "vault init",
      "",
      VAULT_URL === "" ? {} : { VAULT_URL },
    );

  it.each([
    ["CONFIG_INVALID", ""],
    ["CONFIG_INVALID", "postgres://app:hunter2@[db.example/app"],
    ["ENDPOINT_REFUSED", "postgres://app:hunter2@db.example/app"],
    ["ENDPOINT_REFUSED", "postgres://app:hunter2@db.example/app?sslmode=disable"],
    ["ENDPOINT_REFUSED", "postgres://app:hunter2@db.example/app?sslmode=no-verify"],
    ["ENDPOINT_REFUSED", "postgres://app:hunter2@db.example/app?uselibpqcompat=true&sslmode=require"],
    ["VAULT_UNAVAILABLE", "postgres://app:hunter2@127.0.0.1:1/app"],
  ])("answers %s to %j, and never repeats the password", async (code, url) => {
    const outcome = await initWith(url);
    expect(codeOf(outcome)).toEqual([1, code]);
    expect(outcome.stderr).not.toContain("hunter2");
  });

  it.each([
    ["postgres://app:hunter2@db.invalid/app?sslmode=verify-full", {}],
    ["postgres://app:hunter2@db.invalid/app", { onPlaintext: "allow" }],
  ])("is tried as %s with %j", async (url, place) => {
    expect(codeOf(await initWith(url, place))).toEqual([1, "VAULT_UNAVAILABLE"]);
  });
});

describe("the endpoint of DynamoDB", () => {
  it("is TLS or this machine, also where the environment names it", async () => {
    const table = newTable();
    const plain = folderFor({ dynamodb: { table, endpoint: "http://dynamodb.example" } });
    expect(codeOf(await run(plain, "vault init"))).toEqual([1, "CONFIG_INVALID"]);
    const named = folderFor({ dynamodb: { table, region: "us-east-1" } });
    const env = { AWS_ENDPOINT_URL_DYNAMODB: "http://dynamodb.example" };
    expect(codeOf(await run(named, "vault init", "", env))).toEqual([1, "ENDPOINT_REFUSED"]);
    text(await run(named, "vault init", "", { AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url }));
  });
});

describe("keys in Secrets Manager", () => {
  it("serve tokens and a vault, each under the version that the configuration names", async () => {
    const ids = ["1", "2"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    const versions = { [ids[0]!]: new Uint8Array(32).fill(7), [ids[1]!]: "08".repeat(32) };
    const server = await startSecretsManager({ secrets: { tokens: { versions } } });
    try {
      const stored = (current: string) => ({
        current,
        versions: ids.map((versionId, i) => ({ version: String(i + 1), secret: "tokens", versionId })),
      });
      const folder = newFolder();
      const all = { ...formats, card: { type: "pan", keepLast: 4 } };
      const secretsManager = { region: "us-east-1", endpoint: server.url };
      const document = { version: 1, formats: all, vault: { sqlite: "v.db", keys: stored("2") }, secretsManager };
      writeJson(folder, "tokenizer.json", { ...document, keys: stored("1") });
      text(await run(folder, "vault init"));
      for (const format of ["card", "bin"]) {
        const made = text(await run(folder, `tokenize --format ${format}`, card));
        expect(text(await run(folder, `detokenize --format ${format}`, made))).toBe(`${card}\n`);
      }
      const file = folderFor({ sqlite: "v.db" }, { formats: { card: all.card } });
      text(await run(file, "vault init"));
      // The first version is the secret of tokens.key, too.
      const [here, there] = [
        await run(folder, "tokenize --format card", card),
        await run(file, "tokenize --format card", card),
      ];
      expect(text(here)).toBe(text(there));
      await server.close();
      const gone = await run(folder, "tokenize --format card", card);
      expect(codeOf(gone)).toEqual([1, "KEY_STORE_UNAVAILABLE"]);
    } finally {
      await server.close().catch(() => {});
    }
  });
});

describe("a package that is not installed", () => {
  const optional = ["pg", "@aws-sdk/client-dynamodb", "@aws-sdk/client-secrets-manager"];
  let program: string;
  beforeAll(() => {
    // The built command among what it depends on, without its optional peers.
    const at = newFolder();
    const from = path.join(root, "packages/cli");
    for (const name of ["bin", "dist", "package.json"])
      cpSync(path.join(from, name), path.join(at, name), { recursive: true });
    for (const entry of readdirSync(path.join(from, "node_modules"))) {
      const names = entry.startsWith("@")
        ? readdirSync(path.join(from, "node_modules", entry)).map((name) => `${entry}/${name}`)
        : [entry];
      for (const name of names.filter((one) => !one.startsWith(".") && !optional.includes(one))) {
        mkdirSync(path.dirname(path.join(at, "node_modules", name)), { recursive: true });
        symlinkSync(realpathSync(path.join(from, "node_modules", name)), path.join(at, "node_modules", name));
      }
    }
    program = path.join(at, "bin/fieldseal.mjs");
  });

  it.each([
    ["pg", { postgres: { urlEnv: "VAULT_URL" } }, {}],
    ["@aws-sdk/client-dynamodb", { dynamodb: { table: "vault" } }, {}],
    [
      "@aws-sdk/client-secrets-manager",
      { sqlite: "v.db" },
      { keys: { current: "1", versions: [{ version: "1", secret: "tokens", versionId: "0".repeat(32) }] } },
    ],
  ])("is PACKAGE_MISSING with its name: %s", async (name, place, more) => {
    const folder = folderFor(place, more);
    const words = "keys" in more ? ["tokenize", "--format", "bin"] : ["vault", "init"];
    const outcome = await runProgram(program, folder, [...words, "--config", "tokenizer.json"]);
    expect(codeOf(outcome)).toEqual([1, "PACKAGE_MISSING"]);
    expect(outcome.stderr).toContain(`npm install ${name}`);
  });

  it("is not needed by who does not configure it", async () => {
    const folder = folderFor({ sqlite: "v.db" });
    expect((await runProgram(program, folder, ["vault", "init", "--config", "tokenizer.json"])).code).toBe(0);
  });
});
