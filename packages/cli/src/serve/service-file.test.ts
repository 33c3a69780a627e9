import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseService } from "./service-file.ts";

const schemaOf = (name: string): object => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as object;
const ajv = new Ajv2020.Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
const validate = ajv.addSchema(schemaOf("tokenizer")).compile(schemaOf("service"));

const shared = {
  authentication: { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { url: "https://i.example/jwks" } },
  audit: { stdout: true },
};
const decrypting = {
  keys: {},
  expect: { policy: "policy.json" },
  access: { file: "access.json" },
};
const config = {
  version: 1,
  formats: { card: { type: "pan" } },
  keys: { current: "1", versions: [{ version: "1", file: "tokens.key" }] },
};
const tenant = { claim: "tenant" };
const limits = { burst: 10, perSecond: 1, perDay: 100, maxBatchItems: 10 };

describe("a service whose rates are shared", () => {
  const rateLimit = { burst: 10, perSecond: 1 };
  const rateStore = { postgres: { urlFile: "database.url" } };

  it("has a store for them, and a table of its own in it", () => {
    const document = { ...shared, ...decrypting, rateLimit, rateStore };
    expect(parseService(document).sections.rateStore).toMatchObject({
      postgres: { connection: { urlFile: "database.url" }, table: "fieldseal_rates", onPlaintext: "refuse" },
    });
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each<[string, object]>([
    ["/rateStore", { rateStore }],
    ["/rateStore", { rateLimit, rateStore: {} }],
    ["/rateStore/redis", { rateLimit, rateStore: { redis: {} } }],
    ["/rateStore/postgres", { rateLimit, rateStore: { postgres: {} } }],
    ["/rateStore/postgres/table", { rateLimit, rateStore: { postgres: { urlEnv: "A", table: "a;b" } } }],
  ])("is refused at %s by parser and schema: %j", (pointer, parts) => {
    const document = { ...shared, ...decrypting, ...parts };
    expect(() => parseService(document)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", pointer }));
    expect(validate(document)).toBe(false);
  });
});

describe("a service with a tokenizer", () => {
  it.each([
    { tokenizer: { file: "tokenizer.json" } },
    { tokenizer: { config } },
    { tokenizer: { file: "tokenizer.json", tenant, limits } },
    { tokenizer: { file: "tokenizer.json", tenant: { value: "acme" }, limits: { perDay: 5000 } } },
    { ...decrypting, tokenizer: { file: "tokenizer.json" } },
    { tokenizer: { file: "tokenizer.json" }, rateStore: { postgres: { urlEnv: "DATABASE", table: "app.rates" } } },
  ])("is configured by %j", (parts) => {
    const { config: parsed, sections } = parseService({ ...shared, ...parts });
    expect(parsed.decrypt === null).toBe(!("keys" in parts));
    expect(sections.tokenizer).toMatchObject({ limits: { maxBatchItems: expect.any(Number) } });
    expect(validate({ ...shared, ...parts }), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each<[string, object]>([
    ["", {}],
    ["", { tokens: {} }],
    ["", { ...decrypting, expect: undefined, tokenizer: { file: "t" } }],
    ["", { context: { app: { value: "shop" } }, tokenizer: { file: "t" } }],
    ["/tokenizer", { tokenizer: {} }],
    ["/tokenizer", { tokenizer: { file: "t", config } }],
    ["/tokenizer/file", { tokenizer: { file: "" } }],
    ["/tokenizer/surprise", { tokenizer: { file: "t", surprise: 1 } }],
    ["/tokenizer/tenant", { tokenizer: { file: "t", tenant: {} } }],
    ["/tokenizer/tenant", { tokenizer: { file: "t", tenant: { claim: "a", value: "b" } } }],
    ["/tokenizer/limits/burst", { tokenizer: { file: "t", limits: { burst: 0 } } }],
    ["/tokenizer/limits/maxBatchItems", { tokenizer: { file: "t", limits: { maxBatchItems: 10_001 } } }],
    ["/tokenizer/limits/perHour", { tokenizer: { file: "t", limits: { perHour: 1 } } }],
    ["/tokenizer/config", { tokenizer: { config: { ...config, keys: undefined } } }],
    ["/tokenizer/config/surprise", { tokenizer: { config: { ...config, surprise: 1 } } }],
    [
      "/tokenizer/config/formats/card/keepLast",
      { tokenizer: { config: { ...config, formats: { card: { type: "pan", keepLast: 3 } } } } },
    ],
  ])("is refused at %s by parser and schema: %j", (pointer, parts) => {
    const document = JSON.parse(JSON.stringify({ ...shared, ...parts })) as object;
    expect(() => parseService(document)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", pointer: expect.stringMatching(new RegExp(`^${pointer}`)) }),
    );
    expect(validate(document)).toBe(false);
  });

  it.each<[string, object]>([
    ["/tokenizer/limits", { tokenizer: { file: "t", limits: { burst: 999 } } }],
    ["/tokenizer/limits", { tokenizer: { file: "t", limits: { perDay: 1999 } } }],
    [
      "/tokenizer/config/formats/bin",
      { tokenizer: { config: { ...config, formats: { bin: { type: "pan", engine: "vault" } } } } },
    ],
  ])("is refused at %s by the parser, which knows more than a schema: %j", (pointer, parts) => {
    expect(() => parseService({ ...shared, ...parts })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", pointer }),
    );
    expect(validate({ ...shared, ...parts }), JSON.stringify(validate.errors)).toBe(true);
  });
});
