// Time against size: bytes at six fields, and fields up to the most that fit into what CloudFront forwards.
import { Buffer } from "node:buffer";
import { encryptBodySync, type Policy, parsePolicy } from "@fieldseal/edge-encrypt";
import { documentOf } from "../documents.ts";
import { newKey } from "../keys.ts";
import { measure } from "../measure.ts";
import { policyDocument, policyOver } from "../policies.ts";
import type { Growth, Part } from "../result.ts";
import { slopeOf } from "../slope.ts";

const mediaType = "application/json";
const kinds = [
  { name: "r, RSA-2048", kind: 2048 },
  { name: "r, RSA-3072", kind: 3072 },
  { name: "r, RSA-4096", kind: 4096 },
  { name: "e, DHKEM-P256", kind: "P-256" },
] as const;
const mostBytes = 1_000_000;

export async function growth(): Promise<readonly Part[]> {
  return [await byBytes(), await byFields()];
}

async function byBytes(): Promise<Growth> {
  const key = newKey(2048);
  const bodies = [1, 11, 33, 110, 330, 1090].map((records) => {
    const document = documentOf(records);
    const root = records === 1 ? "$" : "$.items[0]";
    return {
      bytes: document.bytes,
      policy: parsePolicy(policyDocument(document, key, { root })),
      size: document.bytes.length,
    };
  });
  const points = await timesOf(bodies);
  return {
    kind: "growth",
    name: "bytes",
    title: "Time against bytes, six fields",
    note: "The slope is that of log(time) over log(bytes) from 10 KB on, after the smallest case's time was subtracted; 1 is linear.",
    x: "bytes of the body",
    series: [{ name: "six fields, RSA-2048", slope: slopeOf(points, 9_000), points }],
  };
}

async function byFields(): Promise<Growth> {
  const series: Growth["series"][number][] = [];
  for (const { name, kind } of kinds) {
    const policy = parsePolicy(policyOver([{ name: "ssn", select: "$.ssn[*]" }], newKey(kind)));
    const one = encryptBodySync({ bytes: bodyOf(1), mediaType }, policy).length;
    const two = encryptBodySync({ bytes: bodyOf(2), mediaType }, policy).length;
    const most = Math.floor((mostBytes - one) / (two - one));
    const counts = [1, 10, 30, 100, 300, 1000, most].filter((count, i, all) => count > (all[i - 1] ?? 0));
    const bodies = counts.map((count) => ({ bytes: bodyOf(count), policy, size: count }));
    if (encryptBodySync({ bytes: bodyOf(most), mediaType }, policy).length > mostBytes) throw new Error("too many");
    const points = await timesOf(bodies);
    series.push({ name: `${name}, to ${most}`, slope: slopeOf(points, 10), points });
  }
  return {
    kind: "growth",
    name: "fields",
    title: "Time against fields, to the most that fit into 1 MB",
    note: "The slope is that of log(time) over log(fields) from 10 fields on, after the time of one field was subtracted; 1 is linear.",
    x: "fields",
    series,
  };
}

/** Size and microseconds of each body, all measured in turns. */
async function timesOf(
  bodies: readonly { readonly bytes: Buffer; readonly policy: Policy; readonly size: number }[],
): Promise<[number, number][]> {
  const rows = await measure(
    bodies.map(({ bytes, policy, size }) => ({
      name: String(size),
      run: () => encryptBodySync({ bytes, mediaType }, policy),
    })),
    { rounds: 31, spell: 25 },
  );
  return rows.map(({ microseconds }, i) => [bodies[i]!.size, Math.round(microseconds * 10) / 10]);
}

function bodyOf(fields: number): Buffer {
  return Buffer.from(JSON.stringify({ ssn: Array.from({ length: fields }, () => "078-05-1120") }));
}
