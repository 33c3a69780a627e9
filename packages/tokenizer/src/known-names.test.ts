import { expect, test } from "vitest";
import { createTokenizer, type TokenizerOptions, type TokenRequest } from "./index.ts";
import { createMemoryStore } from "./memory/index.ts";
import { createTokenService, type TokenServiceOptions } from "./service/index.ts";
import { card, formats, keys, make, secret } from "./tokenizer.fixture.ts";
import { digits } from "./vault/digit-format.fixture.ts";
import { createVault, staticKeys, type TokenizeOptions, type VaultItem } from "./vault/index.ts";

const access = { rules: [{ principal: "role:shop", fields: { card: "full" } }] } as const;

test.each([{ acces: access }, { limit: [] }, { isolation: "tenants" }, { vaultTokens: "Random" }])(
  "a tokenizer is not made with %j, which it would not heed",
  (wrong) => {
    const options = { keys, formats, ...wrong } as unknown as TokenizerOptions;
    expect(() => createTokenizer(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  },
);

test.each<Record<string, unknown>>([
  { keys: undefined },
  { keys: null },
  { keys: Promise.resolve(keys) },
  { formats: undefined },
  { formats: null },
  { vault: null },
  { limits: null },
  { limits: [{}] },
  { access: null },
  { audit: null },
  { now: null },
  { onAlert: "log" },
])("nor is it made with %o", (wrong) => {
  const options = { keys, formats, ...wrong } as unknown as TokenizerOptions;
  const code = expect.stringMatching(/^(?:CONFIG|ACCESS)_INVALID$/) as string;
  expect(() => createTokenizer(options)).toThrow(expect.objectContaining({ code }));
});

test("a batch is a list", async () => {
  for (const values of [null, card, undefined]) {
    const wrong = values as unknown as string[];
    const refused = { code: "CONTEXT_INVALID" };
    await expect(make().tokenizeBatch(wrong, { format: "card" })).rejects.toMatchObject(refused);
    await expect(make().detokenizeBatch(wrong, { format: "card" })).rejects.toMatchObject(refused);
  }
});

test("nor with rules for what is no operation: retokenizing passes those of the two others", () => {
  const rules = { tokenize: access, detokenize: access, retokenize: { rules: [] } };
  for (const create of [createTokenizer, createTokenService]) {
    const refusal = expect.objectContaining({ code: "ACCESS_INVALID" }) as Error;
    expect(() => create({ keys, formats, access: rules })).toThrow(refusal);
  }
});

test("nor is a service, which would have no tenants", () => {
  const options = { keys, formats, access, tenent: { claim: "tenant" } } as unknown as TokenServiceOptions;
  expect(() => createTokenService(options)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", hint: expect.stringContaining("tenant") as string }),
  );
});

test.each([{ claim: "tenant", value: "t-1" }, { clam: "tenant" }, {}, { claim: 1 }, { value: "" }, null, "tenant"])(
  "nor is a service whose tenant comes from %j: of a claim and a value, all would share the value's tokens",
  (tenant) => {
    const bound = { rules: [{ ...access.rules[0], context: { tenant: { claim: "tenant" } } }] };
    const options = { keys, formats, access: bound, tenant } as unknown as TokenServiceOptions;
    expect(() => createTokenService(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  },
);

test("a request with a misspelt tenant is refused alone, and does not share the tokens of all", async () => {
  const tokenizer = make();
  const misspelt = { format: "card", tennant: "t-1" } as TokenRequest;
  const [refused, made] = await Promise.allSettled([
    tokenizer.tokenize(card, misspelt),
    tokenizer.tokenize(card, { format: "card", tenant: "t-1" }),
  ]);
  expect(refused).toMatchObject({ reason: { code: "CONTEXT_INVALID", hint: 'did you mean "tenant"?' } });
  expect(made.status).toBe("fulfilled");
  await expect(tokenizer.detokenizeBatch([card], misspelt)).rejects.toMatchObject({ code: "CONTEXT_INVALID" });
});

test.each([
  { perday: 10 },
  { perDay: Number.NaN },
  { maxBatchItems: Number.NaN },
  { burst: Number.POSITIVE_INFINITY, perDay: Number.POSITIVE_INFINITY },
  { perSecond: -1 },
  { maxBatchItems: 0 },
])("nor is a service made with the limits %j, which would bound nothing, or everything", (tokenLimits) => {
  expect(() => createTokenService({ keys, formats, access, tokenLimits } as TokenServiceOptions)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});

test("a vault refuses a misspelt time to live, and a misspelt subject, whose token nobody could erase", async () => {
  const vault = createVault({ store: createMemoryStore(), keys: staticKeys([{ version: "1", key: secret }]) });
  const scope = { format: digits, tenant: "t-1" };
  for (const wrong of [{ tll: 1000 }, { subjekt: "ann" }, { determinstic: true }]) {
    const options = { ...scope, ...wrong } as TokenizeOptions;
    const refusal = { code: "VAULT_INPUT_INVALID" };
    await expect(vault.tokenize("12345678", options)).rejects.toMatchObject(refusal);
    await expect(vault.tokenizeBatch(["12345678"], options)).rejects.toMatchObject(refusal);
    if ("determinstic" in wrong) continue;
    const item = { value: "12345678", ...wrong } as VaultItem;
    expect(await vault.tokenizeBatch([item], scope)).toMatchObject([{ error: refusal }]);
  }
  const all = { ...scope, deterministic: true, ttl: 1000, subject: "ann", metadata: {} };
  const { token } = await vault.tokenize("12345678", all);
  expect(await vault.detokenize(token, all)).toBe("12345678");
});
