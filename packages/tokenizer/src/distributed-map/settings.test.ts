import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { createFolderStore } from "../folder/index.ts";
import { tokenizeStream } from "../stream/index.ts";
import { make } from "../tokenizer.fixture.ts";
import { createItemProcessor, createMapHandler } from "./index.ts";

// As JavaScript gives them, where no type says anything.
const store = createFolderStore({ folder: tmpdir() });
const columns = { card: { format: "card" } };
const work = { tokenizer: make(), operation: "tokenize", columns } as const;
const stream = (more: object): unknown => tokenizeStream({ ...work, format: "csv", ...more }).destroy();
const items = (more: object): unknown => createItemProcessor({ ...work, from: store, to: store, ...more });
const map = (more: object): unknown => createMapHandler({ ...work, from: store, to: store, ...more });

it.each<[string, () => unknown]>([
  ["rejections told to null, which left records out without a word", () => stream({ onRejected: null })],
  ["rejections told to a word", () => stream({ onRejected: "fail" })],
  ["progress told to a word", () => stream({ onProgress: "yes" })],
  ["no options", () => tokenizeStream(undefined as never)],
  ["no columns", () => stream({ columns: undefined })],
  ["columns that are null", () => stream({ columns: null })],
  ["columns that are a list", () => stream({ columns: ["card"] })],
  ["no tokenizer", () => stream({ tokenizer: undefined })],
  ["an operation of another case", () => stream({ operation: "Tokenize" })],
  ["a format of another case", () => stream({ format: "CSV" })],
  ['records left out where that is "false"', () => items({ skipInvalid: "false" })],
  ["records left out where that is 1", () => items({ skipInvalid: 1 })],
  ["rejections of an item told to a word", () => items({ onRejected: "skip" })],
  ["an item's operation of another case", () => items({ operation: "Tokenize" })],
  ["an item's option that there is not", () => items({ skipInvalids: true })],
  ["failures thrown in another case, which were only reported", () => map({ onItemFailed: "Throw" })],
  ["failures told to null", () => map({ onItemFailed: null })],
  ["a reserve of time that is no number, which kept none", () => map({ reserveMillis: Number.NaN })],
  ["a reserve below nothing", () => map({ reserveMillis: -1 })],
  ["a reserve that is a text", () => map({ reserveMillis: "30s" })],
  ["results told to a word", () => map({ onResult: "log" })],
  ["a folder without a name, which was the one that the process is in", () => createFolderStore({ folder: "" })],
  ["no folder", () => createFolderStore({ folder: undefined as never })],
])("is refused before the first record: %s", (_, create) => {
  expect(create).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

it("what is right is taken", () => {
  stream({ onRejected: () => {}, onProgress: () => {} });
  items({ skipInvalid: true, onRejected: () => {} });
  map({ onItemFailed: "report", reserveMillis: 0, onResult: () => {} });
});
