import { createTokenizer } from "@fieldseal/tokenizer";
import { createMemoryStore } from "@fieldseal/tokenizer/memory";
import { createVault, staticKeys } from "@fieldseal/tokenizer/vault";
import { expect, it } from "vitest";
import type { Terminal } from "../terminal/terminal.ts";
import { transformLines } from "./transform-lines.ts";

it("says of a line's error whether the same might pass later", async () => {
  const key = new Uint8Array(32).fill(1);
  const store = { ...createMemoryStore(), getMany: () => Promise.reject(new Error("away")) };
  const tokenizer = createTokenizer({
    keys: { current: "1", versions: { 1: key } },
    formats: { card: { type: "pan", engine: "vault" } },
    vault: createVault({ store, keys: staticKeys([{ version: "1", key }]) }),
  });
  const terminal = {
    async *input() {
      yield Buffer.from("\n4111111111111111\n5500005555555559\n");
    },
  } as unknown as Terminal;
  const job = { tokenizer, operation: "tokenize", request: { format: "card" }, who: {} } as const;
  await expect(transformLines(job, terminal)).rejects.toMatchObject({
    code: "VAULT_UNAVAILABLE",
    message: expect.stringMatching(/^line 2: /) as string,
    retryable: true,
  });
});

it("writes no token that would be read again as two lines", async () => {
  const tokenizer = createTokenizer({
    keys: { current: "1", versions: { 1: new Uint8Array(32).fill(1) } },
    formats: { it: { type: "alphabet", characters: "ab\n" } },
  });
  const lines = Array.from(
    { length: 20 },
    (_, i) => `${"ab".repeat(10)}${i.toString(2).replace(/0/g, "b").replace(/1/g, "a")}`,
  );
  const output: unknown[] = [];
  const run = (json: boolean): Promise<void> => {
    const terminal = {
      async *input() {
        yield Buffer.from(lines.join("\n"));
      },
      write: (text: unknown) => output.push(text),
      note: () => {},
      json,
    } as unknown as Terminal;
    return transformLines({ tokenizer, operation: "tokenize", request: { format: "it" }, who: {} }, terminal);
  };
  await expect(run(false)).rejects.toMatchObject({
    code: "RECORD_INVALID",
    message: expect.stringMatching(/^line [0-9]+: /) as string,
  });
  expect(output).toEqual([]);
  await run(true);
  expect(String(output[0]).trim().split("\n")).toHaveLength(lines.length);
});
