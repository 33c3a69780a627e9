import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../index.ts";
import { createMemoryStore } from "../memory/index.ts";
import { createVault, staticKeys } from "../vault/index.ts";
import { type Rejection, type TokenizeStreamOptions, tokenizeStream } from "./index.ts";

const tokenizer = createTokenizer({
  keys: { current: "1", versions: { 1: new Uint8Array(32).fill(7) } },
  formats: { card: { type: "pan", keepLast: 4 }, mail: { type: "email" } },
});
const columns = { card: { format: "card" }, mail: { format: "mail" } };
const base = { tokenizer, operation: "tokenize", format: "csv", columns } as const;

const run = (input: string | readonly string[], options: Partial<TokenizeStreamOptions> = {}): Promise<string> =>
  text(Readable.from([input].flat().map((part) => Buffer.from(part))).pipe(tokenizeStream({ ...base, ...options })));

/** As `run`, with errors of the source as well. */
async function outcome(input: string, options: Partial<TokenizeStreamOptions> = {}): Promise<unknown> {
  try {
    let output = "";
    await pipeline(Readable.from([Buffer.from(input)]), tokenizeStream({ ...base, ...options }), async (stream) => {
      for await (const chunk of stream) output += chunk;
    });
    return output;
  } catch (error) {
    return error;
  }
}

describe("CSV", () => {
  const input =
    'id,card,note,mail\n1,4111111111111111,"a, ""b""\nc",ada.lovelace@example.com\n2,,x,\n3,5555555555554444,ü,grace@example.org\n';

  test("comes back after tokenizing and detokenizing; other cells and empty ones stay", async () => {
    const tokens = await run(input);
    expect(tokens).toMatch(/^id,card,note,mail\n1,[0-9]{12}1111,"a, ""b""\nc",/);
    expect(tokens).toContain("\n2,,x,\n");
    expect(tokens).not.toMatch(/4111111111111111|5555555555554444|ada|grace/);
    expect(await run(tokens, { operation: "detokenize" })).toBe(input);
  });

  test("is the same whatever the batches and chunks", async () => {
    const tokens = await run(input);
    expect(await run(input, { batchSize: 1 })).toBe(tokens);
    expect(await run(Array.from(input))).toBe(tokens);
  });

  test("may have both line ends, whichever comes first", async () => {
    const mixed = "id,card\r\n1,4111111111111111\n2,5555555555554444\r\n";
    const one = { columns: { card: { format: "card" } } };
    const expected = await run(mixed.replaceAll("\r", ""), one);
    expect(await run(mixed, one)).toBe(expected);
    expect(await run(Array.from(mixed), one)).toBe(expected);
    const other = "card,note\n4111111111111111,a\r\n5555555555554444,b\n";
    expect(await run(await run(other, one), { ...one, operation: "detokenize" })).toBe(other.replaceAll("\r", ""));
  });

  test("is not detokenized by a guess where a record with tokens leaves its version open", async () => {
    const options = { columns: { card: { format: "card" } }, versionColumn: "v" };
    const tokens = await run("card\n4111111111111111\n", options);
    const refused = await outcome(tokens.replace(",1\n", ",\n"), { ...options, operation: "detokenize" });
    expect(refused).toMatchObject({ code: "RECORD_INVALID" });
    const told = { ...options, columns: { card: { format: "card", version: "1" } } };
    expect(await run(tokens.replace(",1\n", ",\n"), { ...told, operation: "detokenize" })).toBe(
      "card,v\n4111111111111111,\n",
    );
  });

  test("is refused where it is not UTF-8, also in cells that stay, and at a cut end", async () => {
    const latin = (text: string, encoding: BufferEncoding = "latin1") =>
      pipeline(
        Readable.from([Buffer.from(text, encoding)]),
        tokenizeStream({ ...base, columns: { card: { format: "card" } } }),
        async (stream: AsyncIterable<unknown>) => {
          for await (const _ of stream);
        },
      );
    for (const text of ["note,card\nM\u00fcller,4111111111111111\n", "card,note\n4111111111111111,caf\u00e9"]) {
      await expect(latin(text)).rejects.toMatchObject({ code: "BODY_NOT_UTF8" });
    }
    await expect(latin("\ufeffcard\n4111111111111111\n", "utf16le")).rejects.toMatchObject({ code: "BODY_NOT_UTF8" });
  });

  test("has the version beside the tokens, which opens them again", async () => {
    const tokens = await run(input, { versionColumn: "v" });
    expect(tokens.split("\n")[0]).toBe("id,card,note,mail,v");
    const opened = await run(tokens, { versionColumn: "v", operation: "detokenize" });
    expect(opened).toBe(
      input
        .replace("note,mail\n", "note,mail,v\n")
        .replace(/(example\.(?:com|org))\n/g, "$1,1\n")
        .replace("x,\n", "x,,\n"),
    );
  });

  test("takes each record's tenant from its column", async () => {
    const rows = "tenant,card\na,4111111111111111\nb,4111111111111111\na,4111111111111111\n";
    const tokens = (await run(rows, { columns: { card: { format: "card" } }, tenantColumn: "tenant" })).split("\n");
    expect(tokens[1]).toBe(tokens[3]);
    expect(tokens[1]!.slice(1)).not.toBe(tokens[2]!.slice(1));
  });

  test("fails at the record that is bad, without a word of it", async () => {
    const canary = "4111111111111112";
    const bad: [string, string, Partial<TokenizeStreamOptions>?][] = [
      [`card,mail\n,\n${canary},\n`, "VALUE_CHECKSUM_INVALID"],
      [`card\n${canary}\n`, "RECORD_INVALID"],
      [`card,mail,card\n${canary},,\n`, "RECORD_INVALID"],
      [`card,mail\n${canary},,extra\n`, "RECORD_INVALID"],
      [`card,mail\n"${canary},\n`, "RECORD_INVALID"],
      ["", "RECORD_INVALID"],
      ["card,mail,v\n", "RECORD_INVALID", { versionColumn: "v" }],
    ];
    for (const [csv, code, options] of bad) {
      const error = await outcome(csv, options);
      expect(error).toMatchObject({ code });
      expect(String(error)).not.toContain(canary);
    }
    expect(String(await outcome(`card,mail\n,\n${canary},\n`))).toContain("record 3");
  });

  test("leaves bad records out and reports them, where asked to", async () => {
    const rejected: Rejection[] = [];
    const output = await run("card,mail\n4111111111111112,\n4111111111111111,\n", {
      onRejected: (one) => rejected.push(one),
    });
    expect(output).toMatch(/^card,mail\n[0-9]{12}1111,\n$/);
    expect(rejected).toMatchObject([{ record: 2, column: "card", error: { code: "VALUE_CHECKSUM_INVALID" } }]);
  });
});

describe("odd CSV", () => {
  const columns = { card: { format: "card" } };

  test("of one column keeps its empty cells, which are no blank lines", async () => {
    expect(await run('card\n""\n\n4111111111111111\n', { columns })).toMatch(/^card\n""\n""\n[0-9]{12}1111\n$/);
  });

  test("keeps blank lines, and says in which record a cell is missing", async () => {
    const rows = "id,card\n1,4111111111111111\n\n2,4111111111111111\n\n";
    expect(await run(rows, { columns })).toMatch(/^id,card\n1,[0-9]{12}1111\n\n2,[0-9]{12}1111\n\n$/);
    for (const row of ["4111111111111111", "3,4111111111111111,"]) {
      expect(await outcome(`${rows.slice(0, -1)}${row}\n`, { columns })).toMatchObject({
        code: "RECORD_INVALID",
        message: expect.stringMatching(/^record 5:/) as string,
      });
    }
  });

  test("keeps blank lines wherever pieces end, and counts them in what it says of a broken record", async () => {
    const input = 'id,card\r\n\r\n\n1,4111111111111111\n\n\r\n"\n\n",\n\n2,5555555555554444\n\n\n';
    const expected = await run(input, { columns });
    expect(expected).toMatch(/^id,card\n\n\n1,\d{12}1111\n\n\n"\n\n",\n\n2,\d{12}4444\n\n\n$/);
    for (const cut of Array.from(input).keys()) {
      expect(await run([input.slice(0, cut), input.slice(cut)], { columns })).toBe(expected);
    }
    expect(await outcome(`${input}\n3,"a"b\n`, { columns })).toMatchObject({
      code: "RECORD_INVALID",
      message: expect.stringMatching(/^record 13: not a CSV record/) as string,
    });
  });

  test("costs less than records do where it is blank", async () => {
    const timeOf = async (rows: string): Promise<number> => {
      const start = performance.now();
      await run(`id,card\n${rows.repeat(20_000)}`, { columns });
      return performance.now() - start;
    };
    await timeOf("1,\n");
    expect(await timeOf("\n")).toBeLessThan(await timeOf("1,\n"));
  });

  test.each([
    ["at every end, which would make all of it one header", "card,note\r4111111111111111,a\r5555555555554444,b\r", 1],
    ["within a header", "card,a\rb\n4111111111111111,,\n", 1],
    ["within a cell without quotes", "card,note\n4111111111111111,a\n5555555555554444,b\rc\n", 3],
    ["at the end", "card,note\n4111111111111111,a\r", 2],
  ])("with CR alone %s is refused", async (_, input, record) => {
    expect(await outcome(input, { columns })).toMatchObject({
      code: "RECORD_INVALID",
      message: expect.stringMatching(`^record ${record}: a line ends in CR`) as string,
    });
    for (const cut of [input, ...Array.from(input)].keys()) {
      const parts = [input.slice(0, cut), input.slice(cut)].map((part) => Buffer.from(part));
      const stream = Readable.from(parts).pipe(tokenizeStream({ ...base, columns }));
      await expect(text(stream)).rejects.toMatchObject({ code: "RECORD_INVALID" });
    }
  });

  test("keeps CR between quotes, and CRLF", async () => {
    const rows = 'card,note\n4111111111111111,"a\rb\r\nc"\r\n';
    expect(await run(rows, { columns })).toMatch(/^card,note\n[0-9]{12}1111,"a\rb\r\nc"\n$/);
  });

  test("says in which record a quote is wrong, whatever came with it", async () => {
    for (const row of ['3,a"b', '"3"4,', '"3,']) {
      expect(await outcome(`id,card\n1,\n\n${row}\n`, { columns })).toMatchObject({
        code: "RECORD_INVALID",
        message: expect.stringMatching(/^record 4: /) as string,
      });
    }
  });

  test("is refused where a record does not end, of commas too", async () => {
    for (const piece of [",", "x", "\n"]) {
      async function* endless(): AsyncGenerator<Buffer> {
        yield Buffer.from(piece === "\n" ? 'card,"' : "card,");
        for (let i = 0; i < 300; i++) yield Buffer.from(piece.repeat(65_536));
      }
      const reading = pipeline(Readable.from(endless()), tokenizeStream({ ...base, columns }), async (stream) => {
        for await (const _ of stream);
      });
      await expect(reading).rejects.toMatchObject({
        code: "RECORD_INVALID",
        message: expect.stringMatching(/longer than/) as string,
      });
    }
  });

  test("of many empty cells is held back as others are", async () => {
    let produced = 0;
    async function* wide(): AsyncGenerator<Buffer> {
      yield Buffer.from(`card${",".repeat(9999)}\n`);
      for (; produced < 4000; produced++) yield Buffer.from(`4111111111111111${",".repeat(9999)}\n`);
    }
    const stream = Readable.from(wide()).pipe(tokenizeStream({ ...base, columns }));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    expect(produced).toBeLessThan(400);
    await iterator.return?.();
  });
});

test("an error has its record, column and hint, also where bad records are left out", async () => {
  const columns = { card: { format: "card" } };
  const bad = "card,t\n4111111111111111,a\n4111111111111112,a\n";
  expect(await outcome(bad, { columns })).toMatchObject({
    message: expect.stringMatching(/^record 3, column "card"/) as string,
    hint: expect.stringMatching(/card numbers/) as string,
  });
  const options = { columns, tenantColumn: "t", onRejected: () => {} };
  const error = await outcome("card,t\n4111111111111111,a\n4111111111111111,\u0001\n", options);
  expect(error).toMatchObject({
    code: "CONTEXT_INVALID",
    message: expect.stringMatching(/^record 3, column "card"/) as string,
  });
});

test("a vault that has no token left fails the stream, also where bad records are left out: all others would be", async () => {
  const full = createTokenizer({
    keys: { current: "1", versions: { 1: new Uint8Array(32) } },
    formats: { pin: { type: "digits", engine: "vault", minLength: 1 } },
    vault: createVault({ store: createMemoryStore(), keys: staticKeys([{ version: "1", key: new Uint8Array(32) }]) }),
    vaultTokens: "random",
  });
  const options = { tokenizer: full, columns: { pin: { format: "pin" } }, onRejected: () => {} };
  expect(await outcome(`pin\n${"1\n".repeat(12)}`, options)).toMatchObject({ code: "TOKEN_SPACE_EXHAUSTED" });
});

test("a record that does not say its tenant is refused, where a column names it", async () => {
  const options = { columns: { card: { format: "card" } }, tenantColumn: "t" };
  expect(await outcome("card,t\n4111111111111111,\n", options)).toMatchObject({ code: "RECORD_INVALID" });
  for (const record of ['{"card":"4111111111111111"}', '{"card":"4111111111111111","t":null}']) {
    expect(await outcome(`{}\n${record}\n`, { ...options, format: "ndjson" })).toMatchObject({
      code: "RECORD_INVALID",
      message: expect.stringMatching(/^record 2:/) as string,
    });
  }
});

describe("NDJSON", () => {
  const input =
    '{"id":12345678901234567890, "card" : "4111111111111111","deep":{"card":"x","a":[1,"}"]} }\r\n\n{"mail":null,"n":1.0}\n{"card":"5555\\u00205555 5555 4444"}';
  const options = { format: "ndjson" } as const;

  test("keeps every byte outside the values", async () => {
    const tokens = await run(input, options);
    const blank = (text: string): string => text.replace(/("card"\s?:\s?)"[^"x]*"/g, "$1CARD");
    expect(blank(tokens)).toBe(blank(input));
    expect(tokens).not.toContain("4111111111111111");
    expect(await run(tokens, { ...options, operation: "detokenize" })).toBe(input.replace("\\u0020", " "));
  });

  test("takes the version along", async () => {
    const tokens = await run(input, { ...options, versionColumn: "v" });
    expect(tokens.split("\n").map((line) => line.includes('"v":"1"'))).toEqual([true, false, false, true]);
    for (const line of tokens.split("\n").filter((one) => one.trim() !== "")) JSON.parse(line);
  });

  test("fails at the record that is bad, without a word of it", async () => {
    const canary = "canary-4111";
    const bad = [
      `{"card":"${canary}"`,
      `["${canary}"]`,
      `{"card":7,"x":"${canary}"}`,
      `{"card":"4111111111111111","card":"${canary}"}`,
      `{"c\\u0061rd":"4111111111111111","card":"${canary}"}`,
    ];
    for (const line of bad) {
      const error = await outcome(`{}\n${line}\n`, options);
      expect(error).toMatchObject({ code: "RECORD_INVALID" });
      expect(String(error)).not.toContain(canary);
      expect(String(error)).toContain("record 2");
    }
    const malformed = text(
      Readable.from([Uint8Array.of(0x7b, 0xff, 0x7d)]).pipe(tokenizeStream({ ...base, ...options })),
    );
    await expect(malformed).rejects.toMatchObject({ code: "BODY_NOT_UTF8" });
  });
});

test("a slow reader holds the source back: what is read ahead does not grow with the document", async () => {
  let produced = 0;
  const rows = 200_000;
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from("card,mail\n");
    for (; produced < rows; produced += 100) yield Buffer.from("4111111111111111,\n".repeat(100));
  }
  const stream = Readable.from(source()).pipe(tokenizeStream({ ...base, batchSize: 1000 }));
  const iterator = stream[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await iterator.next();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(produced).toBeLessThan(rows / 4);
  await iterator.return?.();
});

test("a failing source fails the stream", async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from("card,mail\n");
    throw new Error("source broke");
  }
  await expect(
    pipeline(Readable.from(broken()), tokenizeStream(base), async (stream) => {
      for await (const _ of stream);
    }),
  ).rejects.toThrow("source broke");
});

test.each(["csv", "ndjson"] as const)(
  "a fault of %s is told while the source still has more to come",
  async (format) => {
    const stream = tokenizeStream({ ...base, format, columns: { card: { format: "card" } } });
    stream.write(format === "csv" ? "id\n1\n".padEnd(100, "2\n") : '{"card":1}\n');
    await expect(stream.resume().toArray()).rejects.toMatchObject({ code: "RECORD_INVALID" });
  },
);

describe("a stream is not made", () => {
  const tenants = { columns: { card: { format: "card" } }, tenantColumn: "who" };
  test.each([
    ["with an option that there is not", { tenantcolumn: "who" }],
    ["for an operation that there is not", { operation: "tokenise" }],
    ["for a document that there is not", { format: "json" }],
    ["that would replace its tenants", { tenantColumn: "card" }],
    ["that would replace its versions", { versionColumn: "mail", operation: "detokenize" }],
    ["whose tenants are its versions", { ...tenants, versionColumn: "who", operation: "detokenize" }],
  ])("%s", (_, options) => {
    const all = { ...base, ...options } as unknown as TokenizeStreamOptions;
    expect(() => tokenizeStream(all)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

test("tokens of several versions are not put under the version of one", async () => {
  const secrets = { 1: new Uint8Array(32).fill(7), 2: new Uint8Array(32).fill(8) };
  const formats = { card: { type: "pan", keepLast: 4 } } as const;
  const two = createTokenizer({ keys: { current: "2", versions: secrets }, formats });
  const input = "a,b\n4111111111111111,5555555555554444\n";
  const apart = { a: { format: "card", version: "1" }, b: { format: "card" } };
  expect(await outcome(input, { tokenizer: two, columns: apart, versionColumn: "v" })).toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect(await outcome(input, { tokenizer: two, columns: apart })).toMatch(/^a,b\n[0-9]{12}1111,[0-9]{12}4444\n$/);
});
