import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonNode, jsonDocuments, jsonScalars } from "../../../../test/generators/json-text.ts";
import { soak } from "../../../../test/generators/soak.ts";
import { createTokenizer } from "../index.ts";
import { type StreamProgress, type TokenizeStreamOptions, tokenizeStream } from "./index.ts";

const card = "4111111111111111";
const secrets = { 1: new Uint8Array(32).fill(7), 2: new Uint8Array(32).fill(8) };
const formats = { card: { type: "pan", keepLast: 4 } } as const;
const tokenizer = createTokenizer({ keys: { current: "1", versions: secrets }, formats });
const next = createTokenizer({ keys: { current: "2", versions: secrets }, formats });

type Settings = Partial<TokenizeStreamOptions> & { readonly select?: readonly string[] };

async function run(input: string | readonly Uint8Array[], { select = ["$..pan"], ...options }: Settings = {}) {
  const columns = Object.fromEntries(select.map((column) => [column, { format: "card" }]));
  const base = { tokenizer, operation: "tokenize", format: "ndjson", columns } as const;
  const source = Readable.from(typeof input === "string" ? [Buffer.from(input)] : input);
  return buffer(source.pipe(tokenizeStream({ ...base, ...options })));
}
const runText = async (input: string, settings?: Settings): Promise<string> => (await run(input, settings)).toString();

describe("columns by selector", () => {
  it.each([
    ["$.customer.card", `{"customer":{"card":"@","x":"${card}"},"card":"${card}"}`],
    ["$.items[*].pan", `{"items":[{"pan":"@"},{"pan":null},{"pan":""},{"q":1},{"pan":"@"}],"pan":"${card}"}`],
    ["$..pan", `{"pan":"@","a":[[{"pan":"@"}],{"b":{"pan":"@"}}]}`],
    ["$.items[-1]", `{"items":["${card}","@"]}`],
    ["$['a.b','c\\u0020d']", `{"a.b":"@","c d":"@","a":{"b":"${card}"}}`],
    ["$['$.x']", `{"$.x":"@","x":"${card}"}`],
    ["$.customer.card", '{"customer":null}'],
  ])("%s replaces what it selects, and nothing else", async (selector, pattern) => {
    const input = `${pattern.replaceAll("@", card)}\r\n`;
    const tokens = await runText(input, { select: [selector] });
    expect(tokens.split(/[0-9]{12}1111/).join("@")).toBe(input.replaceAll(card, "@"));
    expect(tokens.split(card)).toHaveLength(pattern.split(card).length);
    expect(await runText(tokens, { select: [selector], operation: "detokenize" })).toBe(input);
  });

  it("replaces each of members with one name, which a column by name refuses", async () => {
    const input = `{"a":{"pan":"${card}","pan":"${card}"}}`;
    const tokens = await runText(input);
    expect(tokens).not.toContain(card);
    expect(await runText(tokens, { operation: "detokenize" })).toBe(input);
    const refused = run(`{"pan":"${card}","pan":"${card}"}`, { select: ["pan"] });
    await expect(refused).rejects.toMatchObject({ code: "RECORD_INVALID" });
  });

  it("does not replace what tells the tenant", async () => {
    const input = `{"pan":"${card}"}`;
    const refused = run(input, { tenantColumn: "$['pan']" });
    await expect(refused).rejects.toMatchObject({ code: "RECORD_INVALID" });
  });

  it("keeps a byte order mark, blank lines and line ends", async () => {
    const input = `\ufeff{"pan":"${card}"}\r\n \n\n{"n":1.0}`;
    const tokens = await runText(input);
    expect(tokens.replace(/[0-9]{16}/, card)).toBe(input);
    expect(await runText(tokens, { operation: "detokenize" })).toBe(input);
  });

  it("takes the tenant from a selector, and the version along", async () => {
    const lines = ["a", "b", "a"].map((tenant) => `{"who":{"tenant":"${tenant}"},"deep":{"pan":"${card}"}}\n`).join("");
    const settings = { tenantColumn: "$.who.tenant", versionColumn: "v" };
    const tokens = await runText(lines, settings);
    const [one, two, three] = Array.from(tokens.matchAll(/"pan":"([0-9]{16})"},?/g), ([, token]) => token);
    expect(one).toBe(three);
    expect(one).not.toBe(two);
    expect(tokens.split('},"v":"1"}\n')).toHaveLength(4);
    const opened = await runText(tokens, { ...settings, operation: "detokenize" });
    expect(opened.replaceAll(',"v":"1"', "")).toBe(lines);
  });

  it.each([
    ["a number", `{"pan":4111}`],
    ["an object", `{"pan":{"x":"${card}"}}`],
    ["an array", `{"pan":["${card}"]}`],
    ["another way than the selector's", `{"items":{"pan":"${card}"}}`, ["$.items[*].pan"]],
    ["a scalar on the selector's way", `{"items":"${card}"}`, ["$.items[*].pan"]],
    ["a value of two columns", `{"pan":"${card}"}`, ["$..pan", "pan"]],
    ["no object", `["${card}"]`],
    ["no JSON", `{"pan":"${card}",}`],
  ])("refuses %s, without a word of it", async (_, line, select = ["$..pan"]) => {
    const error = await run(`{}\n${line}\n`, { select }).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: "RECORD_INVALID", message: expect.stringContaining("record 2") });
    expect(String(error)).not.toContain("4111");
  });

  it("refuses selectors that are none, filters, and a version column that is one", () => {
    const make = (column: string, versionColumn?: string) => () =>
      tokenizeStream({
        tokenizer,
        operation: "tokenize",
        format: "ndjson",
        columns: { [column]: { format: "card" } },
        ...(versionColumn === undefined ? {} : { versionColumn }),
      });
    expect(make("$.a..")).toThrow(expect.objectContaining({ code: "SELECTOR_INVALID" }));
    expect(make("$.a[?@.b]")).toThrow(expect.objectContaining({ code: "SELECTOR_INVALID" }));
    expect(make("a", "$.v")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("leaves every byte outside the selected values, and restores those", async () => {
    const pans = fc.constantFrom(card, "5555555555554444", "4012888888881881");
    const leaf = (kind: JsonNode["kind"], raw: string): JsonNode => ({ kind, raw, children: [], inside: "" });
    const scalar = fc.oneof(
      { arbitrary: pans.map((pan) => leaf("string", `"${pan}"`)), weight: 3 },
      { arbitrary: jsonScalars(), weight: 1 },
    );
    const names = ["pan", "pan", "items", "Pan", "p\u0000n", "a b", "__proto__", "ë", "\ud800"];
    const document = jsonDocuments({ names, scalar });
    const usable = document.filter(
      ({ places }) =>
        places[0]!.node.kind === "object" &&
        places.every(({ node, path }) => path.at(-1) !== "pan" || /^(?:"[0-9]{16}"|""|null)$/.test(node.raw)),
    );
    const property = fc.asyncProperty(
      fc.array(usable, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 64 }),
      async (documents, size) => {
        // Raw line feeds are white space between tokens: another one takes their place.
        const lines = documents.map(({ bytes }) => bytes.map((byte) => (byte === 0x0a ? 0x20 : byte)));
        const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < input.length; at += size) chunks.push(input.subarray(at, at + size));
        const output = await run(chunks, { batchSize: 5 });
        // A token is as long as its value, so that all places stay where they were.
        const [left, right] = [Buffer.from(input), Buffer.from(output)];
        let offset = 0;
        for (const { places, bytes } of documents) {
          for (const { path, node, start, end } of places) {
            if (path.at(-1) !== "pan" || node.raw.length < 3 || node.raw === "null") continue;
            expect(output.subarray(offset + start, offset + end)).not.toEqual(
              input.subarray(offset + start, offset + end),
            );
            for (const side of [left, right]) side.fill(0, offset + start, offset + end);
          }
          offset += bytes.length + 1;
        }
        expect(right.equals(left)).toBe(true);
        expect((await run([output], { operation: "detokenize" })).equals(input)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: soak(200) });
  });
});

describe("retokenize", () => {
  it("gives tokens of the current version, and says so beside them", async () => {
    const input = `{"a":{"pan":"${card}"}}\n{"n":1}\n`;
    const old = await runText(input, { versionColumn: "v" });
    const settings = { versionColumn: "v", tokenizer: next } as const;
    const renewed = await runText(old, { ...settings, operation: "retokenize" });
    expect(renewed).toBe(await runText(input, settings));
    expect(renewed).toContain('"v":"2"');
    expect(renewed).not.toBe(old.replace('"v":"1"', '"v":"2"'));
    const opened = await runText(renewed, { ...settings, operation: "detokenize" });
    expect(opened).toBe(input.replace('"}}', '"},"v":"2"}'));
  });

  it("replaces the version where it stands, before or behind the values", async () => {
    const old = await runText(`{"v":"1","pan":"${card}"}\n`);
    const settings = { versionColumn: "v", tokenizer: next } as const;
    const renewed = await runText(old, { ...settings, operation: "retokenize" });
    expect(renewed).toMatch(/^\{"v":"2","pan":"[0-9]{12}1111"\}\n$/);
    expect(await runText(renewed, { ...settings, operation: "detokenize" })).toBe(`{"v":"2","pan":"${card}"}\n`);
  });

  it("replaces the version in CSV as well", async () => {
    const csv = { format: "csv", select: ["pan"], versionColumn: "v" } as const;
    const old = await runText(`pan\n${card}\n`, csv);
    const renewed = await runText(old, { ...csv, tokenizer: next, operation: "retokenize" });
    expect(renewed).toMatch(/^pan,v\n[0-9]{12}1111,2\n$/);
    const opened = await runText(renewed, { ...csv, tokenizer: next, operation: "detokenize" });
    expect(opened).toBe(`pan,v\n${card},2\n`);
  });

  it("refuses tokens whose version nobody says: the current one would be a guess", async () => {
    const line = `{"pan":"${card}"}\n`;
    for (const versionColumn of [undefined, "v"]) {
      const settings = { operation: "retokenize", ...(versionColumn === undefined ? {} : { versionColumn }) } as const;
      await expect(run(line, settings)).rejects.toMatchObject({ code: "RECORD_INVALID" });
    }
    const columns = { "$..pan": { format: "card", version: "1" } };
    const renewed = await runText(await runText(line), { operation: "retokenize", tokenizer: next, columns });
    expect(await runText(renewed, { tokenizer: next, operation: "detokenize" })).toBe(line);
  });

  it("leaves out single tokens that it refuses, where asked to", async () => {
    const rejected: string[] = [];
    const bad = '{"pan":"41"}\n';
    const columns = { pan: { format: "card", version: "1" } };
    const onRejected: TokenizeStreamOptions["onRejected"] = ({ error }) => rejected.push(error.code);
    const settings = { operation: "retokenize", tokenizer: next, columns, onRejected } as const;
    const tokens = await runText(`{"pan":"${card}"}\n`);
    expect(await runText(bad + tokens, settings)).toBe(await runText(`{"pan":"${card}"}\n`, { tokenizer: next }));
    expect(rejected).toEqual(["VALUE_TOO_SHORT"]);
  });
});

it("tells how many records and values have gone through", async () => {
  const seen: StreamProgress[] = [];
  const input = `{"pan":"${card}"}\n\n{"a":[{"pan":"${card}"},{"pan":"${card}"}]}\n{"n":1}\n`;
  await run(input, { batchSize: 2, onProgress: (progress) => seen.push(progress) });
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.at(-1)).toEqual({ records: 3, fields: 3, fieldsByColumn: new Map([["$..pan", 3]]) });
  await run(`pan\n${card}\n`, { format: "csv", select: ["pan"], onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toEqual({ records: 1, fields: 1, fieldsByColumn: new Map([["pan", 1]]) });
});

it("lets a batch go by its bytes, so that long records do not pile up", async () => {
  let produced = 0;
  async function* source(): AsyncGenerator<Buffer> {
    for (; produced < 100; produced++) yield Buffer.from(`{"pan":"${card}","x":"${"x".repeat(1 << 20)}"}\n`);
  }
  const columns = { pan: { format: "card" } };
  const stream = Readable.from(source()).pipe(
    tokenizeStream({ tokenizer, operation: "tokenize", format: "ndjson", columns, batchSize: 100_000 }),
  );
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  expect(produced).toBeLessThan(40);
  await iterator.return?.();
});
