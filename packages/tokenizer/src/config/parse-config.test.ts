import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { FormatDeclaration } from "../index.ts";
import { createTokenizer, parseTokenizerConfig, staticTokenKeys } from "../index.ts";

const schema = JSON.parse(readFileSync(new URL("../../../../schemas/tokenizer.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ allErrors: true }).compile(schema);
const keys = { current: "1", versions: [{ version: "1", file: "tokens.key" }] };
const withFormat = (one: unknown): object => ({ version: 1, formats: { it: one }, keys });
const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const versionId = "5d7a1f0e-3c52-4b0a-9a52-0d1f4c1a7d11";
const withVault = (place: object): object => ({ ...withFormat({ type: "pan" }), vault: { ...place, keys } });
const withSecret = (change: object): object => {
  const key = JSON.parse(JSON.stringify({ version: "1", secret: "tokens", versionId, ...change })) as object;
  return { ...withFormat({ type: "pan" }), keys: { current: "1", versions: [key] } };
};

const accepted: readonly FormatDeclaration[] = [
  { type: "pan" },
  { type: "pan", keepLast: 4, distinguishability: "luhn-invalid", luhnOffset: 3 },
  { type: "pan", keepFirst: 6, minLength: 13, distinguishability: "alpha-marker", marker: "X" },
  { type: "pan", engine: "vault", keepFirst: 8, keepLast: 4 },
  { type: "pan", engine: "vault", distinguishability: "reserved-prefix", prefix: "9999" },
  { type: "pan", keepFirst: 8, onShort: "vault" },
  { type: "us-ssn" },
  { type: "us-ssn", engine: "vault", keepLast: 4, range: "never-issued" },
  { type: "phone", onShort: "vault" },
  { type: "email", domain: "tokenize", letterCase: "keep" },
  { type: "iban", engine: "vault" },
  { type: "date", engine: "vault", from: "1900-01-01", to: "2030-12-31" },
  { type: "date", engine: "shift", maxDays: 90 },
  { type: "digits", minLength: 8, maxLength: 10, keepLast: 2 },
  { type: "digits", engine: "vault", minLength: 3 },
  { type: "alphanumeric" },
  { type: "alphabet", characters: "αβγδεζ" },
  { type: "template", parts: ["A", { alphabet: "digits", minLength: 6, maxLength: 9 }, "Z"] },
];

// What only the parser can know, beyond the shape that the schema describes: pointer of the fault.
const unsafe: readonly [FormatDeclaration, string][] = [
  [{ type: "pan", keepFirst: 6, keepLast: 4 }, "/formats/it/keepFirst"],
  [{ type: "pan", keepFirst: 6, minLength: 12 }, "/formats/it/minLength"],
  [{ type: "pan", distinguishability: "reserved-prefix", prefix: "9999" }, "/formats/it/distinguishability"],
  [{ type: "pan", engine: "vault", distinguishability: "reserved-prefix", prefix: "41" }, "/formats/it/prefix"],
  [{ type: "pan", engine: "vault", distinguishability: "reserved-prefix" }, "/formats/it/distinguishability"],
  [{ type: "pan", marker: "Q" }, "/formats/it/marker"],
  [{ type: "us-ssn", keepLast: 4 }, "/formats/it/keepLast"],
  [{ type: "us-ssn", range: "never-issued" }, "/formats/it/range"],
  [{ type: "digits", minLength: 5 }, "/formats/it/minLength"],
  [{ type: "digits", minLength: 8, keepFirst: 3 }, "/formats/it/minLength"],
  [{ type: "alphabet", characters: "abca" }, "/formats/it/characters"],
  [{ type: "alphabet", characters: "e\u0301a" }, "/formats/it/characters"],
  [{ type: "alphabet", characters: "ab\u0301" }, "/formats/it/characters"],
  [{ type: "date", engine: "vault", from: "2030-01-01", to: "2020-01-01" }, "/formats/it/to"],
  [{ type: "date", engine: "vault", from: "2030-02-30", to: "2030-03-01" }, "/formats/it/from"],
  [{ type: "template", parts: ["A", { alphabet: "digits", length: 5 }] }, "/formats/it/parts"],
  [
    {
      type: "template",
      parts: [
        { alphabet: "digits", length: 8 },
        { alphabet: "lower", length: 4089, keep: true },
      ],
    },
    "/formats/it/parts",
  ],
  [{ type: "digits", keepFirst: 4000, keepLast: 91 }, "/formats/it/keepLast"],
  [{ type: "digits", keepFirst: 4091 }, "/formats/it/keepFirst"],
  [{ type: "alphabet", characters: "ab\t", engine: "vault" }, "/formats/it/characters"],
  [{ type: "template", parts: ["A\n", { alphabet: "digits", length: 8 }], onShort: "vault" }, "/formats/it/parts/0"],
  [{ type: "template", parts: [{ alphabet: "digits", minLength: 6, maxLength: 9 }, "1"] }, "/formats/it/parts/0"],
  [{ type: "template", parts: [{ alphabet: "digits", length: 9, keep: true }] }, "/formats/it/parts"],
  // A Hangul final joins the syllable before it, and would be gone from a token that ends in one.
  [{ type: "template", parts: [{ characters: "a\uac00bcdefghij", length: 9 }, "\u11a8"] }, "/formats/it/parts/1"],
];

const malformed: readonly [object, string][] = [
  [withFormat({ type: "pan", keepLst: 4 }), "/formats/it/keepLst"],
  [withFormat({ type: "pan", keepLast: 3 }), "/formats/it/keepLast"],
  [withFormat({ type: "card" }), "/formats/it/type"],
  [withFormat({ type: "date" }), "/formats/it"],
  [withFormat({ type: "date", engine: "shift", maxDays: 0 }), "/formats/it/maxDays"],
  [withFormat({ type: "template", parts: [{ length: 6 }] }), "/formats/it/parts/0"],
  [
    withFormat({ type: "template", parts: [{ alphabet: "digits", length: 6, minLength: 6 }] }),
    "/formats/it/parts/0/minLength",
  ],
  [{ version: 1, formats: {}, keys }, "/formats"],
  [{ version: 2, formats: { it: { type: "pan" } }, keys }, "/version"],
  [
    {
      ...withFormat({ type: "pan" }),
      keys: { current: "1", versions: [{ version: "1", kms: "alias/x", wrapped: "AAAA" }] },
    },
    "/keys/versions/0/kms",
  ],
  [{ ...withFormat({ type: "pan" }), surprise: 1 }, "/surprise"],
  [{ ...withFormat({ type: "pan" }), vault: { keys } }, "/vault"],
  [{ ...withFormat({ type: "pan" }), vault: { sqlite: "v.db" } }, "/vault"],
  [{ ...withFormat({ type: "pan" }), vault: { sqlite: "v.db", keys, tokens: "equal" } }, "/vault/tokens"],
  [{ ...withFormat({ type: "pan" }), vault: { sqlite: "v.db", keys, surprise: 1 } }, "/vault/surprise"],
  [withVault({ sqlite: "v.db", dynamodb: { table: "vault" } }), "/vault"],
  [withVault({ postgres: {} }), "/vault/postgres"],
  [withVault({ postgres: { urlEnv: "A", urlFile: "b" } }), "/vault/postgres"],
  [withVault({ postgres: { urlEnv: "A-B" } }), "/vault/postgres/urlEnv"],
  [withVault({ postgres: { urlEnv: "A", table: "Vault;" } }), "/vault/postgres/table"],
  [withVault({ postgres: { urlEnv: "A", maxConnections: 0 } }), "/vault/postgres/maxConnections"],
  [withVault({ postgres: { urlEnv: "A", onPlaintext: "ignore" } }), "/vault/postgres/onPlaintext"],
  [withVault({ postgres: { urlEnv: "A", surprise: 1 } }), "/vault/postgres/surprise"],
  [withVault({ dynamodb: {} }), "/vault/dynamodb"],
  [withVault({ dynamodb: { table: "a/b" } }), "/vault/dynamodb/table"],
  [withVault({ dynamodb: { table: "vault", endpoint: "http://dynamodb.example" } }), "/vault/dynamodb/endpoint"],
  [withVault({ dynamodb: { table: "vault", endpoint: "http://127.0.0.1.example" } }), "/vault/dynamodb/endpoint"],
  [withVault({ dynamodb: { table: "vault", surprise: 1 } }), "/vault/dynamodb/surprise"],
  [{ ...withFormat({ type: "pan" }), secretsManager: { endpoint: "ftp://127.0.0.1" } }, "/secretsManager/endpoint"],
  [{ ...withFormat({ type: "pan" }), secretsManager: { profile: "x" } }, "/secretsManager/profile"],
  [withSecret({ versionId: "AWSCURRENT" }), "/keys/versions/0/versionId"],
  [withSecret({ versionId: undefined }), "/keys/versions/0"],
  [withSecret({ secret: "a b" }), "/keys/versions/0/secret"],
  [withSecret({ file: "tokens.key" }), "/keys/versions/0/secret"],
  [
    {
      ...withFormat({ type: "pan" }),
      vault: {
        sqlite: "v.db",
        keys: { current: "1", versions: [{ version: "1", kms, wrapped: "AQID", tenant: "t" }] },
      },
    },
    "/vault/keys/versions/0/tenant",
  ],
];

const pointerOf = (document: unknown): unknown => {
  try {
    parseTokenizerConfig(document);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    return (error as { pointer: string }).pointer;
  }
};

describe("a tokenizer configuration", () => {
  test.each(accepted)("with %j is accepted by parser and schema", (declaration) => {
    expect(pointerOf(withFormat(declaration))).toBeNull();
    expect(validate(withFormat(declaration)), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each(unsafe)("with %j is refused at its place, although its shape is right", (declaration, pointer) => {
    expect(pointerOf(withFormat(declaration))).toBe(pointer);
    expect(validate(withFormat(declaration)), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each(malformed)("%j is refused by parser and schema", (document, pointer) => {
    expect(pointerOf(document)).toBe(pointer);
    expect(validate(document)).toBe(false);
  });

  test("names keys in files and keys that KMS wraps", () => {
    const wrapped = { version: "2", kms, wrapped: "AQID", tenant: "t-1", format: "it" };
    const document = { ...withFormat({ type: "pan" }), keys: { current: "2", versions: [...keys.versions, wrapped] } };
    expect(validate(document)).toBe(true);
    expect(parseTokenizerConfig(document)).toMatchObject({
      current: "2",
      isolation: "tweak",
      keys: [
        { version: "1", file: "tokens.key" },
        { ...wrapped, wrapped: Uint8Array.of(1, 2, 3) },
      ],
    });
    const unknown = { ...document, keys: { current: "2", versions: [{ ...wrapped, format: "other" }] } };
    expect(pointerOf(unknown)).toBe("/keys/versions/0/format");
    expect(pointerOf({ ...document, keys: { ...document.keys, current: "3" } })).toBe("/keys/current");
  });

  test("says where the vault's rows and root keys are, in files or wrapped by KMS", () => {
    const versions = [...keys.versions, { version: "2", kms, wrapped: "AQID" }];
    const document = {
      ...withFormat({ type: "pan" }),
      vault: { sqlite: "vault.db", keys: { current: "2", versions } },
    };
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(parseTokenizerConfig(document).vault).toEqual({
      place: { sqlite: "vault.db" },
      current: "2",
      keys: [keys.versions[0], { version: "2", kms, wrapped: Uint8Array.of(1, 2, 3) }],
      tokens: "deterministic",
    });
    expect(parseTokenizerConfig(withFormat({ type: "pan" })).vault).toBeNull();
    const lost = { ...document, vault: { sqlite: "vault.db", keys: { current: "3", versions } } };
    expect(pointerOf(lost)).toBe("/vault/keys/current");
  });

  test.each([
    [
      { postgres: { url: "postgres://app@db.example/app?sslmode=verify-full" } },
      { connection: { url: expect.any(String) } },
    ],
    [
      { postgres: { urlEnv: "VAULT_URL", table: "app.tokens", maxConnections: 3, onPlaintext: "allow" } },
      { connection: { urlEnv: "VAULT_URL" }, table: "app.tokens", maxConnections: 3, onPlaintext: "allow" },
    ],
    [
      { postgres: { urlFile: "vault.url" } },
      { connection: { urlFile: "vault.url" }, table: "fieldseal_vault", maxConnections: 10, onPlaintext: "refuse" },
    ],
    [{ dynamodb: { table: "vault" } }, { table: "vault" }],
    [
      { dynamodb: { table: "vault", region: "eu-central-1", endpoint: "http://127.0.0.1:8000" } },
      { table: "vault", region: "eu-central-1", endpoint: "http://127.0.0.1:8000" },
    ],
  ])("puts a vault into %j", (place, parsed) => {
    const [[store]] = Object.entries(place) as [[string, object]];
    expect(validate(withVault(place)), JSON.stringify(validate.errors)).toBe(true);
    expect(parseTokenizerConfig(withVault(place)).vault?.place).toMatchObject({ [store]: parsed });
  });

  test.each(["postgres://app:hunter2@db.example/app", "postgres://app@db.example/app?password=hunter2"])(
    "refuses the password in %s without repeating it",
    (url) => {
      const document = withVault({ postgres: { url } });
      expect(pointerOf(document)).toBe("/vault/postgres/url");
      expect(() => parseTokenizerConfig(document)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
      );
    },
  );

  test("names keys in Secrets Manager, with the version of each secret, and where that is", () => {
    const owned = withSecret({ tenant: "t-1", format: "it" });
    const document = { ...owned, secretsManager: { region: "us-east-1", endpoint: "http://localhost:4566/" } };
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(parseTokenizerConfig(document)).toMatchObject({
      keys: [{ version: "1", secret: "tokens", versionId, tenant: "t-1", format: "it" }],
      secretsManager: document.secretsManager,
    });
  });

  test("has access rules for both operations or for each, and their errors their place", () => {
    const rules = { rules: [{ principal: "role:support", fields: { it: "full" } }] };
    for (const access of [rules, { tokenize: rules, detokenize: rules }]) {
      const document = { ...withFormat({ type: "pan" }), access };
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(parseTokenizerConfig(document).access).toEqual(access);
    }
    const broken = {
      ...withFormat({ type: "pan" }),
      access: { tokenize: rules, detokenize: { rules: [{ principal: "x" }] } },
    };
    expect(() => parseTokenizerConfig(broken)).toThrow(
      expect.objectContaining({ code: "ACCESS_INVALID", pointer: "/access/detokenize/rules/0" }),
    );
  });

  test("makes the tokenizer that its formats declare", async () => {
    const { formats, current } = parseTokenizerConfig(withFormat({ type: "pan", keepLast: 4 }));
    const tokenizer = createTokenizer({
      formats,
      keys: staticTokenKeys({ current, versions: { 1: new Uint8Array(32) } }),
    });
    expect((await tokenizer.tokenize("4111111111111111", { format: "it" })).token).toMatch(/1111$/);
  });
});
