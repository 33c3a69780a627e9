import { expect, test } from "vitest";
import { readBody } from "./read-body.ts";

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test("a body of the limit is whole, one byte more is too large", async () => {
  expect(await readBody(pieces("abc", "de"), 5)).toEqual({ bytes: Buffer.from("abcde") });
  expect(await readBody(pieces("abc", "def"), 5)).toEqual({ failure: "too-large" });
  expect(await readBody(pieces(), 5)).toEqual({ bytes: Buffer.alloc(0) });
});

test("a sender that breaks off is told apart", async () => {
  const broken = (async function* () {
    yield Buffer.from("abc");
    throw new Error("reset");
  })();
  expect(await readBody(broken, 5)).toEqual({ failure: "aborted" });
});
