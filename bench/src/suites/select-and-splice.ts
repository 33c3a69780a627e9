// Finding six fields of each record and putting prepared text in their place: no cryptography.
import { Buffer } from "node:buffer";
import { compile, type JSONValue } from "json-p3";
import { JSONPath } from "jsonpath-plus";
import { requireAgreement } from "../agreement.ts";
import { type BenchDocument, documents, sensitive } from "../documents.ts";
import { type Contender, measure } from "../measure.ts";
import { type Json, mapFields } from "../records.ts";
import type { Comparison, Part } from "../result.ts";
import { scanAndSplice } from "../scan-and-splice.ts";

// As long as an envelope of a short value under RSA-2048.
const text = "A".repeat(440);

export async function selectAndSplice(): Promise<readonly Part[]> {
  const cases: Comparison["cases"][number][] = [];
  for (const document of documents) {
    const ours: Contender = { name: "fieldseal: scan, select, splice", run: scanAndSplice(document, text) };
    const contenders = [ours, parseAndSet(document), jsonpathPlus(document), jsonP3(document)];
    const expected: unknown = JSON.parse(document.bytes.toString());
    mapFields(expected, document, () => text);
    for (const { name, run } of contenders) {
      requireAgreement(name, JSON.parse(Buffer.from(run() as Uint8Array).toString()), expected);
    }
    const parse: Contender = { name: "raw: JSON.parse alone", run: () => JSON.parse(document.bytes.toString()) };
    cases.push({ name: document.name, rows: await measure([...contenders, parse]) });
  }
  return [
    {
      kind: "comparison",
      name: "select-and-splice",
      title: "Select and splice",
      note: "Bytes in, bytes out, every sensitive field replaced by a prepared text of 440 characters. The parsing ways begin with JSON.parse and end with JSON.stringify; the first of them sets the fields through compiled accessors.",
      cases,
    },
  ];
}

function parseAndSet(document: BenchDocument): Contender {
  return {
    name: "JSON.parse, set, stringify",
    run: () => {
      const body: unknown = JSON.parse(document.bytes.toString());
      mapFields(body, document, () => text);
      return Buffer.from(JSON.stringify(body));
    },
  };
}

function jsonpathPlus(document: BenchDocument): Contender {
  const paths = sensitive.map((path) => `${document.root}.${path}`);
  return {
    name: "jsonpath-plus",
    run: () => {
      const json = JSON.parse(document.bytes.toString()) as Json;
      for (const path of paths) {
        const found = JSONPath({ path, json, resultType: "all", eval: false }) as {
          parent: Json;
          parentProperty: string;
        }[];
        for (const { parent, parentProperty } of found) parent[parentProperty] = text;
      }
      return Buffer.from(JSON.stringify(json));
    },
  };
}

function jsonP3(document: BenchDocument): Contender {
  const holders = sensitive.map((path) => {
    const names = path.split(".");
    const name = names.pop()!;
    return { name, query: compile(`${document.root}.${names.join(".")}`) };
  });
  return {
    name: "json-p3",
    run: () => {
      const json = JSON.parse(document.bytes.toString()) as JSONValue;
      for (const { name, query } of holders) {
        for (const { value } of query.query(json)) (value as Json)[name] = text;
      }
      return Buffer.from(JSON.stringify(json));
    },
  };
}
