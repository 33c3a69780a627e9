// Finding six fields of each record and putting prepared text in their place: no cryptography.
import { Buffer, isUtf8 } from "node:buffer";
import { applyEdits, codecFor, type Edit, parseMediaType } from "@fieldseal/core/body";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import { compile, type JSONValue } from "json-p3";
import { JSONPath } from "jsonpath-plus";
import { requireAgreement } from "../agreement.ts";
import { type BenchDocument, documents, sensitive } from "../documents.ts";
import { newKey } from "../keys.ts";
import { type Contender, measure } from "../measure.ts";
import { policyDocument } from "../policies.ts";
import { type Json, mapFields } from "../records.ts";
import type { Comparison, Part } from "../result.ts";

// As long as an envelope of a short value under RSA-2048.
const text = "A".repeat(440);
const quoted = Buffer.from(`"${text}"`);

export async function selectAndSplice(): Promise<readonly Part[]> {
  const cases: Comparison["cases"][number][] = [];
  for (const document of documents) {
    const contenders = [scanAndSplice(document), parseAndSet(document), jsonpathPlus(document), jsonP3(document)];
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

function scanAndSplice(document: BenchDocument): Contender {
  const [route] = parsePolicy(policyDocument(document, newKey("P-256"))).routes;
  const mediaType = parseMediaType("application/json");
  const codec = codecFor(mediaType)!;
  const options = {
    allocate: (length: number) => Buffer.allocUnsafe(length),
    copy: (source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void => {
      Buffer.prototype.copy.call(source, target, at, start, end);
    },
  };
  return {
    name: "fieldseal: scan, select, splice",
    run: () => {
      const { bytes } = document;
      if (!isUtf8(bytes)) throw new Error("not UTF-8");
      const { matches } = codec.scan({ bytes, mediaType, root: route!.matcher, limits: route!.limits, isUtf8 });
      const edits: Edit[] = [];
      for (const { state, start, end } of matches) {
        if (state.selects.length > 0) edits.push({ start, end, length: quoted.length, write });
      }
      return applyEdits(bytes, edits, options);
    },
  };
}

function write(out: Uint8Array, at: number): void {
  out.set(quoted, at);
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
