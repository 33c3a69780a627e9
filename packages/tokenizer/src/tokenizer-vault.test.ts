import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { luhnCheckDigit, luhnValid } from "@fieldseal/core/identifiers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditEvent, createTokenizer, noTenant, type Tokenizer } from "./index.ts";
import { createSqliteStore } from "./sqlite/index.ts";
import { type Rejection, tokenizeStream } from "./stream/index.ts";
import { createVault, staticKeys, type Vault } from "./vault/index.ts";

const card = "4111 1111 1111 1111";
const formats = {
  card: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 },
  prefixed: { type: "pan", engine: "vault", distinguishability: "reserved-prefix", prefix: "9999" },
  ssn: { type: "us-ssn", engine: "vault", range: "never-issued" },
  phone: { type: "phone", engine: "vault" },
  mail: { type: "email", engine: "vault" },
  iban: { type: "iban", engine: "vault" },
  born: { type: "date", engine: "vault", from: "1900-01-01", to: "2026-12-31" },
  pin: { type: "digits", onShort: "vault" },
  plate: {
    type: "template",
    engine: "vault",
    parts: [{ alphabet: "upper", length: 2 }, "-", { alphabet: "digits", length: 2 }],
  },
} as const;

let folder: string;
let opened: { readonly vault: Vault; readonly tokenizer: Tokenizer }[];
const root = randomBytes(32);
const secret = randomBytes(32);
const open = (vaultTokens: "deterministic" | "random" = "deterministic"): { vault: Vault; tokenizer: Tokenizer } => {
  const store = createSqliteStore({ path: path.join(folder, "vault.db") });
  const vault = createVault({ store, keys: staticKeys([{ version: "1", key: root }]) });
  const tokenizer = createTokenizer({ keys: { current: "1", versions: { 1: secret } }, formats, vault, vaultTokens });
  opened.push({ vault, tokenizer });
  return { vault, tokenizer };
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "fieldseal-tokenizer-"));
  opened = [];
});

afterEach(async () => {
  for (const { vault, tokenizer } of opened) {
    tokenizer.close();
    await vault.close();
  }
});

describe("a tokenizer over the vault in SQLite", () => {
  test.each([
    ["card", card, /^4111 11\d\d \d{4} 1111$/],
    ["prefixed", card, /^9999 \d{4} \d{4} \d{4}$/],
    ["ssn", "536-90-4399", /^9\d\d-[0-4]\d-\d{4}$/],
    ["phone", "+1 212 555 0123", /^\+1 \d{3} \d{3} \d{4}$/],
    ["mail", "ada.lovelace@example.com", /^[a-z0-9]{3}\.[a-z0-9]{8}@example\.com$/],
    ["iban", "GB82 WEST 1234 5698 7654 32", /^GB\d\d [A-Z]{4} \d{4} \d{4} \d{4} \d\d$/],
    ["born", "1915-12-10", /^\d{4}-\d\d-\d\d$/],
    ["pin", "123", /^\d{3}$/],
    ["plate", "KL-48", /^[A-Z]{2}-\d\d$/],
  ] as const)(
    "gives %s values random tokens of their format, the same after a restart",
    async (format, value, shape) => {
      const request = { format, tenant: "t" };
      const { token, version } = await open().tokenizer.tokenize(value, request);
      expect(version).toBe("vault");
      expect(token).toMatch(shape);
      expect(token).not.toBe(value);
      const { tokenizer } = open();
      expect(await tokenizer.detokenize(token, { ...request, version })).toBe(value);
      expect((await tokenizer.tokenize(value, request)).token).toBe(token);
      await expect(tokenizer.detokenize(token, { format, tenant: "u" })).rejects.toMatchObject({
        code: "TOKEN_OTHER_TENANT",
      });
    },
  );

  test("gives no card token that passes Luhn, and spellings of one number one token", async () => {
    const { tokenizer, vault } = open();
    const spellings = [card, card.replaceAll(" ", "-"), card.replaceAll(" ", "")];
    const made = await tokenizer.tokenizeBatch(spellings, { format: "card" });
    const bare = made.map(({ token }) => token.replaceAll(/[ -]/g, ""));
    expect(new Set(bare).size).toBe(1);
    expect(luhnValid(bare[0]!)).toBe(false);
    expect((await vault.stats()).liveByFormat).toEqual({ card: 1 });
  });

  test("gives equal values unrelated tokens where they shall be random", async () => {
    const { tokenizer } = open("random");
    const made = await tokenizer.tokenizeBatch([card, card, card], { format: "prefixed" });
    expect(new Set(made.map(({ token }) => token)).size).toBe(3);
    const tokens = made.map(({ token }) => token);
    expect(await tokenizer.detokenizeBatch(tokens, { format: "prefixed" })).toEqual([card, card, card]);
  });

  test("refuses tokens that were never given or are of an erased subject, each with its code", async () => {
    const { tokenizer, vault } = open();
    const { token } = await tokenizer.tokenize("536-90-4399", { format: "ssn", subject: "s-1" });
    const unknown = token.endsWith("1") ? `${token.slice(0, -1)}2` : `${token.slice(0, -1)}1`;
    const code = (text: string): Promise<string> =>
      tokenizer.detokenize(text, { format: "ssn" }).then(
        () => "opened",
        (error: { code: string }) => error.code,
      );
    expect([await code(token), await code(unknown)]).toEqual(["opened", "TOKEN_UNKNOWN"]);
    expect(await vault.eraseSubject("s-1", { tenant: noTenant })).toBe(1);
    expect(await code(token)).toBe("SUBJECT_ERASED");
    await expect(tokenizer.tokenize("536-90-4399", { format: "ssn", subject: "s-1" })).rejects.toMatchObject({
      code: "SUBJECT_ERASED",
    });
  });

  test("shares one file with another: the same values at once get one token each, and both open all", async () => {
    const [one, two] = [open().tokenizer, open().tokenizer];
    const values = Array.from({ length: 600 }, (_, i) => `41111100${String(i).padStart(4, "0")}`).map(
      (digits) => digits + luhnCheckDigit(digits),
    );
    const batches = [0, 100, 200, 300, 400, 500].map((at) => values.slice(at, at + 100));
    const run = (tokenizer: Tokenizer, some: readonly string[][]): Promise<string[][]> =>
      Promise.all(
        some.map(async (batch) => (await tokenizer.tokenizeBatch(batch, { format: "prefixed" })).map((r) => r.token)),
      );
    const [first, second] = await Promise.all([run(one, batches), run(two, batches.toReversed())]);
    const tokens = first.flat();
    expect(second.toReversed().flat()).toEqual(tokens);
    expect(new Set(tokens).size).toBe(600);
    for (const tokenizer of [one, two]) {
      expect(await tokenizer.detokenizeBatch(tokens, { format: "prefixed" })).toEqual(values);
    }
  });
});

test("vault tokens belong to their field: rules for another one open none of them", async () => {
  const { vault, tokenizer: writer } = open();
  const rules = [{ principal: "mallory", fields: { card: { mask: 4 }, note: "full", constructor: "full" } }] as const;
  const reader = createTokenizer({
    keys: { current: "1", versions: { 1: secret } },
    formats,
    vault,
    access: { rules },
  });
  const mallory = { principal: "mallory" };
  for (const [format, value] of [
    ["card", card],
    ["pin", "123"],
  ] as const) {
    const { token } = await writer.tokenize(value, { format, field: "card", tenant: "t" });
    expect(await reader.detokenize(token, { format, field: "card", tenant: "t" }, mallory)).toMatch(/^[*]{4}/);
    for (const field of ["note", "constructor"]) {
      const opening = reader.detokenize(token, { format, field, tenant: "t" }, mallory);
      await expect(opening).rejects.toMatchObject({ code: "TOKEN_OTHER_FORMAT" });
    }
    const noted = await writer.tokenize(value, { format, field: "note, of any kind: \u{1f600}", tenant: "t" });
    expect(noted.token).not.toBe(token);
    const request = { format, field: "note, of any kind: \u{1f600}", tenant: "t" };
    expect(await writer.detokenize(noted.token, request)).toBe(value);
    // A batch of several fields asks the vault for each by itself.
    expect(await writer.detokenizeBatch([token, noted.token], [{ ...request, field: "card" }, request])).toEqual([
      value,
      value,
    ]);
  }
  reader.close();
});

test("an erased person's tokens are left out of a stream, and end no one else's", async () => {
  const { vault, tokenizer } = open();
  const tokens = [];
  for (const subject of ["anna", "ben"]) {
    tokens.push((await tokenizer.tokenize(`${subject}@example.com`, { format: "mail", tenant: "t", subject })).token);
  }
  await vault.eraseSubject("anna", { tenant: "t" });
  const rejected: Rejection[] = [];
  const stream = tokenizeStream({
    tokenizer,
    operation: "detokenize",
    format: "csv",
    columns: { mail: { format: "mail", tenant: "t" } },
    onRejected: (one) => rejected.push(one),
  });
  stream.end(`mail\n${tokens.join("\n")}\n`);
  expect(await text(stream)).toBe("mail\nben@example.com\n");
  expect(rejected).toMatchObject([{ record: 2, column: "mail", error: { code: "SUBJECT_ERASED" } }]);
});

test("the trail names a vault's tokens by the same keyed digest, both ways", async () => {
  const { vault } = open();
  const events: AuditEvent[] = [];
  const audit = { accept: (some: readonly object[]) => void events.push(...(some as AuditEvent[])) };
  const tokenizer = createTokenizer({ keys: { current: "1", versions: { 1: secret } }, formats, vault, audit });
  const values = { card, pin: "123" };
  for (const format of ["card", "pin"] as const) {
    const { token, version } = await tokenizer.tokenize(values[format], { format });
    expect(await tokenizer.detokenize(token, { format, version })).toBe(values[format]);
  }
  expect(events.map(({ kid }) => kid)).toEqual(["card/vault", "card/vault", "pin/vault", "pin/vault"]);
  const names = events.map(({ envelope }) => envelope);
  expect(names[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect([names[1], names[3], names[2] === names[0]]).toEqual([names[0], names[2], false]);
  tokenizer.close();
});
