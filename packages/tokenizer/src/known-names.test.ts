import { expect, test } from "vitest";
import { createTokenizer, type TokenizerOptions, type TokenRequest } from "./index.ts";
import { createTokenService, type TokenServiceOptions } from "./service/index.ts";
import { card, formats, keys, make } from "./tokenizer.fixture.ts";

const access = { rules: [{ principal: "role:shop", fields: { card: "full" } }] } as const;

test.each([{ acces: access }, { limit: [] }, { isolation: "tenants" }, { vaultTokens: "Random" }])(
  "a tokenizer is not made with %j, which it would not heed",
  (wrong) => {
    const options = { keys, formats, ...wrong } as unknown as TokenizerOptions;
    expect(() => createTokenizer(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  },
);

test("nor is a service, which would have no tenants", () => {
  const options = { keys, formats, access, tenent: { claim: "tenant" } } as unknown as TokenServiceOptions;
  expect(() => createTokenService(options)).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", hint: expect.stringContaining("tenant") as string }),
  );
});

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
