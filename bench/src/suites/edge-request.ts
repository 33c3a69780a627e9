// Event in to event out through the bundle: against the floor, by size, algorithm, format and codec; imports, memory.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDecryptor, FieldsealError, pemKeys } from "@fieldseal/decrypt";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import type { CloudFrontRequestEvent } from "aws-lambda";
import { requireAgreement } from "../agreement.ts";
import { bodiesOfCodecs, rulesOf } from "../bodies.ts";
import { bundleEdge, deployedBundle, type EdgeBundle, type EdgeHandler } from "../bundle.ts";
import { type BenchDocument, documents } from "../documents.ts";
import { eventOf } from "../events.ts";
import { createFloor, spansOf } from "../floor.ts";
import { importTimes, peakMemory } from "../fresh-process.ts";
import { type BenchKey, newKey } from "../keys.ts";
import { type Contender, measure, quantile } from "../measure.ts";
import { policyDocument, policyOver, ruleName } from "../policies.ts";
import { fieldsOf } from "../records.ts";
import type { Comparison, Figures, Part } from "../result.ts";

const small = documents[0]!;
const firstRecord = (document: BenchDocument): string => (document.records === 1 ? "$" : "$.items[0]");

export async function edgeRequest(): Promise<readonly Part[]> {
  const key = newKey(2048);
  const policy = policyDocument(small, key);
  const bundle = await bundleEdge(policy);
  return [
    await againstFloor(bundle, key),
    await byAlgorithm(bundle),
    await byFormat(bundle, key),
    await byCodec(bundle, key),
    await latencies(bundle, key),
    coldImports(policy),
    memory(bundle, key),
  ];
}

async function againstFloor({ handlerFor }: EdgeBundle, key: BenchKey): Promise<Comparison> {
  const event = eventOf(small.bytes);
  const data = event.Records[0]!.cf.request.body!.data;
  const spans = spansOf(small.bytes, fieldsOf(JSON.parse(small.bytes.toString()), small) as string[]);
  const { publicKey } = key;
  const fresh = handlerFor(policyDocument(small, key));
  const reusing = handlerFor(policyDocument(small, key, { reuse: true }));
  for (const handler of [fresh, reusing]) await requireOpens(handler, event, small, key);
  const withWrap = createFloor({ publicKey, spans });
  const withoutWrap = createFloor({ publicKey, spans, wrap: false });
  const pairs: readonly (readonly [string, Contender[]])[] = [
    [
      "a data key for each request",
      [
        { name: "floor", run: () => withWrap(data) },
        { name: "fieldseal", run: () => fresh(event) },
      ],
    ],
    [
      "data key reused",
      [
        { name: "floor", run: () => withoutWrap(data) },
        { name: "fieldseal", run: () => reusing(event) },
      ],
    ],
  ];
  const cases: Comparison["cases"][number][] = [];
  // Ten seconds each: a busy machine is quiet at some time in them.
  for (const [name, contenders] of pairs) cases.push({ name, rows: await measure(contenders, { rounds: 1203 }) });
  return {
    kind: "comparison",
    name: "floor",
    title: "A request of 1 KB and 6 fields against its floor",
    note: "The floor is the platform's own calls and nothing else: base64 in, isUtf8, one randomFill, one RSA-2048 wrap, createSecretKey, six AES-GCM seals with AAD, base64url, splice, base64 out. It neither parses nor selects.",
    cases,
  };
}

async function byAlgorithm({ handlerFor }: EdgeBundle): Promise<Comparison> {
  const event = eventOf(small.bytes);
  const contenders: Contender[] = [];
  let skipped = "";
  for (const [name, kind] of [
    ["r, RSA-2048", 2048],
    ["r, RSA-3072", 3072],
    ["r, RSA-4096", 4096],
    ["e, DHKEM-P256", "P-256"],
  ] as const) {
    const key = newKey(kind);
    const handler = handlerFor(policyDocument(small, key));
    if (!canRead(key)) {
      skipped = ` Skipped, as this build's reader takes no such key file: ${name}.`;
      continue;
    }
    await requireOpens(handler, event, small, key);
    contenders.push({ name, run: () => handler(event) });
  }
  return {
    kind: "comparison",
    name: "algorithms",
    title: "The same request by algorithm",
    note: `1 KB, 6 fields, a data key for each request.${skipped}`,
    cases: [{ name: "1 KB, 6 fields", rows: await measure(contenders) }],
  };
}

async function byFormat({ handlerFor }: EdgeBundle, key: BenchKey): Promise<Comparison> {
  const event = eventOf(small.bytes);
  const contenders: Contender[] = [];
  for (const format of ["native", "jwe", "direct"] as const) {
    const handler = handlerFor(policyDocument(small, key, { format }));
    await requireSealed(handler, event);
    contenders.push({ name: format, run: () => handler(event) });
  }
  return {
    kind: "comparison",
    name: "formats",
    title: "The same request by format",
    note: "1 KB, 6 fields, RSA-2048. `direct` makes one RSA operation for each field.",
    cases: [{ name: "1 KB, 6 fields", rows: await measure(contenders) }],
  };
}

async function byCodec({ handlerFor }: EdgeBundle, key: BenchKey): Promise<Comparison> {
  const contenders: Contender[] = [];
  const missing: string[] = [];
  for (const body of bodiesOfCodecs()) {
    const handler = handlerFor(policyOver(rulesOf(body, ruleName), key));
    const event = eventOf(body.bytes, body.mediaType);
    if ((await handler(event)).status === "415") {
      missing.push(body.codec);
      continue;
    }
    await requireSealed(handler, event);
    contenders.push({ name: `${body.codec}, ${body.bytes.length} bytes`, run: () => handler(event) });
  }
  const skipped = missing.length === 0 ? "" : ` Skipped, as this build has no codec for them: ${missing.join(", ")}.`;
  return {
    kind: "comparison",
    name: "codecs",
    title: "The same record by codec",
    note: `6 fields, RSA-2048, a data key for each request.${skipped}`,
    cases: [{ name: "one record, 6 fields", rows: await measure(contenders) }],
  };
}

async function latencies({ handlerFor }: EdgeBundle, key: BenchKey): Promise<Figures> {
  const rows: (string | number)[][] = [];
  for (const document of documents) {
    const handler = handlerFor(policyDocument(document, key, { root: firstRecord(document) }));
    const event = eventOf(document.bytes);
    await requireSealed(handler, event);
    const times: number[] = [];
    const enough = process.hrtime.bigint() + 3_000_000_000n;
    while (times.length < 4000 && process.hrtime.bigint() < enough) {
      const start = process.hrtime.bigint();
      await handler(event);
      times.push(Number(process.hrtime.bigint() - start) / 1000);
    }
    // The first tenth warms up.
    const warm = times.slice(Math.floor(times.length / 10));
    rows.push([document.name, 6, Math.round(quantile(warm, 0.5)), Math.round(quantile(warm, 0.99)), warm.length]);
  }
  return {
    kind: "figures",
    name: "latency",
    title: "Latency of single requests",
    note: "Microseconds on this machine, one request at a time, RSA-2048. Absolute, so for orientation only; p99 shows the machine's other work too.",
    columns: ["body", "fields", "p50, us", "p99, us", "requests"],
    rows,
  };
}

function coldImports(policy: unknown): Figures {
  const bundle = deployedBundle(policy);
  const empty = join(mkdtempSync(join(tmpdir(), "fieldseal-bench-")), "index.mjs");
  writeFileSync(empty, 'import { createCipheriv } from "node:crypto"; export const handler = createCipheriv;\n');
  const [base = 0, ours = 0] = importTimes([empty, bundle.file]);
  return {
    kind: "figures",
    name: "cold-import",
    title: "Cold import",
    note: "Milliseconds until imported, medians of 15 fresh processes each, in turns. The empty module imports node:crypto and nothing else.",
    columns: ["module", "bytes", "ms", "above the empty module, ms"],
    rows: [
      ["empty module", 0, rounded(base), 0],
      ["what `fieldseal bundle` writes, policy included", bundle.bytes, rounded(ours), rounded(ours - base)],
    ],
  };
}

function memory(bundle: EdgeBundle, key: BenchKey): Figures {
  return {
    kind: "figures",
    name: "memory",
    title: "Peak memory",
    note: "Resident megabytes that ten requests add at their peak above the loaded bundle after a small one; a fresh process for each row. 0: the peak of starting up was not reached again.",
    columns: ["body", "fields", "MB above"],
    rows: documents.map((document) => {
      const policy = policyDocument(document, key, { root: firstRecord(document) });
      return [document.name, 6, rounded(peakMemory(bundle.file, document, policy))];
    }),
  };
}

function canRead(key: BenchKey): boolean {
  try {
    pemKeys({ [key.kid]: key.privatePem });
    return true;
  } catch (error) {
    if (error instanceof FieldsealError && error.code === "PRIVATE_KEY_INVALID") return false;
    throw error;
  }
}

async function requireOpens(
  handler: EdgeHandler,
  event: CloudFrontRequestEvent,
  document: BenchDocument,
  key: BenchKey,
): Promise<void> {
  const decryptor = createDecryptor({ keys: pemKeys({ [key.kid]: key.privatePem }) });
  const bytes = await requireSealed(handler, event);
  const opened = await decryptor.decryptBody({
    bytes,
    mediaType: "application/json",
    context: { app: "bench" },
    expect: parsePolicy(policyDocument(document, key)),
  });
  requireAgreement("edge", JSON.parse(Buffer.from(opened).toString()), JSON.parse(document.bytes.toString()));
}

/** The forwarded body; throws where the request was refused or a value is still readable. */
async function requireSealed(handler: EdgeHandler, event: CloudFrontRequestEvent): Promise<Buffer> {
  const result = await handler(event);
  if (result.status !== undefined) throw new Error(`the edge refused with ${result.status}: ${JSON.stringify(result)}`);
  const bytes = Buffer.from(result.body!.data, "base64");
  const sent = Buffer.from(event.Records[0]!.cf.request.body!.data, "base64");
  if (bytes.length <= sent.length) throw new Error("the edge sealed nothing");
  return bytes;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
