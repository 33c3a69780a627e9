import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createSqliteStore } from "@fieldseal/tokenizer/sqlite";
import { createVault, staticKeys } from "@fieldseal/tokenizer/vault";
import { describe, expect, it } from "vitest";
import { openCustomers } from "../../examples/erase-person.ts";
import { lakeTokenizer, restoreFromLake, tokenizeForLake } from "../../examples/lake-csv.ts";
import { openOrders } from "../../examples/order-cards.ts";
import { explain, templateTokenizer } from "../../examples/template-tokens.ts";

const newFolder = (): string => mkdtempSync(path.join(tmpdir(), "fieldseal-examples-"));
const card = "4111111111111111";

describe("order-cards", () => {
  it("keeps tokens in the table and numbers in the vault, across restarts", async () => {
    const folder = newFolder();
    const files = { database: path.join(folder, "orders.db"), vault: path.join(folder, "vault.db") };
    const keys = { tokens: randomBytes(32), vault: randomBytes(32) };
    const first = openOrders({ ...files, keys });
    await first.place({ id: "o-1", card: "4111 1111 1111 1111" });
    await first.place({ id: "o-2", card: "5555555555554444" });
    await first.place({ id: "o-3", card });
    await first.close();
    for (const file of Object.values(files)) expect(readFileSync(file).includes(card)).toBe(false);

    const orders = openOrders({ ...files, keys });
    expect(orders.summary("o-1")).toBe("order o-1, card ending in 1111");
    expect(await orders.cardToCharge("o-3")).toBe(card);
    expect(await orders.cardToCharge("o-2")).toBe("5555555555554444");
    expect(orders.ordersWithCardOf("o-1")).toEqual(["o-1", "o-3"]);
    await orders.close();
  });
});

describe("lake-csv", () => {
  it("tokenizes the columns, keeps what joins them, leaves out bad rows, and restores the rest", async () => {
    const folder = newFolder();
    const [plain, lake, back] = ["plain.csv", "lake.csv", "back.csv"].map((name) => path.join(folder, name));
    const rows = [
      "shop,card,ssn,email,referrer_email,amount",
      `a,${card},536-90-4399,ada.lovelace@example.com,,10`,
      `a,${card},536-90-4398,grace.hopper@example.com,ada.lovelace@example.com,20`,
      `b,${card},536-90-4399,ada.lovelace@example.com,,30`,
      "b,4111111111111112,536-90-4399,alan.turing@example.com,,40",
    ];
    writeFileSync(plain!, `${rows.join("\n")}\n`);
    const tokenizer = lakeTokenizer(randomBytes(32));
    const rejections = await tokenizeForLake(tokenizer, plain!, lake!);
    expect(rejections).toMatchObject([{ record: 5, column: "card", error: { code: "VALUE_CHECKSUM_INVALID" } }]);
    const [header, ...cells] = readFileSync(lake!, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(","));
    expect(header!.at(-1)).toBe("token_version");
    expect(cells).toHaveLength(3);
    expect(cells[0]![1]).toBe(cells[1]![1]);
    expect(cells[0]![3]).toBe(cells[1]![4]);
    expect(cells[0]![1]).not.toBe(cells[2]![1]);
    for (const row of cells) {
      expect([row[1]!.slice(-4), row[3]!.split("@")[1], row.at(-1)]).toEqual(["1111", "example.com", "2026-11"]);
      expect(rows.join()).not.toContain(row[2]);
    }
    await restoreFromLake(tokenizer, lake!, back!);
    const restored = readFileSync(back!, "utf8").trim().split("\n");
    expect(restored.map((line) => line.slice(0, line.lastIndexOf(",")))).toEqual(rows.slice(0, -1));
    tokenizer.close();
  });
});

describe("template-tokens", () => {
  it("keeps literals and kept groups, and gives everything back", async () => {
    const tokenizer = templateTokenizer(randomBytes(32));
    const cases = [
      ["staff", "E-00482913", /^E-\d{8}$/],
      ["plate", "BMW-KL-4829", /^BMW-[A-Z]{2}-\d{4}$/],
      ["batch", "20261122/4f9c00aa71be/7", /^20261122\/[0-9a-f]{12}\/7$/],
      ["voucher", "ABCDEFGH23", /^[A-HJ-NP-Z2-9]{10}$/],
    ] as const;
    for (const [format, value, shape] of cases) {
      const { token, version } = await tokenizer.tokenize(value, { format });
      expect(token).toMatch(shape);
      expect(token).not.toBe(value);
      expect(await tokenizer.detokenize(token, { format, version })).toBe(value);
    }
    await expect(tokenizer.tokenize("F-00482913", { format: "staff" })).rejects.toMatchObject({
      code: "VALUE_STRUCTURE_INVALID",
    });
    expect(explain(tokenizer)).toHaveLength(4);
    tokenizer.close();
  });
});

describe("erase-person", () => {
  it("ends what one person left, in every process, and nobody else's", async () => {
    const file = path.join(newFolder(), "vault.db");
    const key = randomBytes(32);
    const secret = randomBytes(32);
    const open = (): ReturnType<typeof createVault> =>
      createVault({ store: createSqliteStore({ path: file }), keys: staticKeys([{ version: "1", key }]) });
    const [vault, otherVault] = [open(), open()];
    const [customers, elsewhere] = [openCustomers(vault, secret), openCustomers(otherVault, secret)];
    const ada = { email: "ada.lovelace@example.com", birthday: "1915-12-10" };
    const grace = { email: "grace.hopper@example.com", birthday: "1915-12-10" };
    const tokens = { ada: await customers.protect("c-1", ada), grace: await customers.protect("c-2", grace) };
    expect(await elsewhere.read(tokens.ada)).toEqual(ada);
    expect(await customers.erase("c-1")).toBe(2);
    expect(await elsewhere.read(tokens.ada)).toBeNull();
    expect(await elsewhere.read(tokens.grace)).toEqual(grace);
    await expect(elsewhere.protect("c-1", ada)).rejects.toMatchObject({ code: "SUBJECT_ERASED" });
    await vault.close();
    await otherVault.close();
  });
});
