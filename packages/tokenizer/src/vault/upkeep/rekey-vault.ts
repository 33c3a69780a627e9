// Sealing again under the current key version: T rows of older versions, and the wrapped subject keys. I/O.
import { createHash } from "node:crypto";
import type { FieldsealError } from "@fieldseal/core/errors";
import { createRandomDraw, type RandomDraw } from "../random-draw.ts";
import { rowKinds } from "../rows/row-names.ts";
import { isDestroyed, openSubjectKey, subjectKeyVersion, wrapSubjectKey } from "../rows/subject-row.ts";
import { openMetadata, openValue, sealContent } from "../rows/token-content.ts";
import { encodeTokenRow, parseTokenRow, stateAt } from "../rows/token-row.ts";
import { scanPages } from "../scan-rows.ts";
import type { StoreEntry } from "../store.ts";
import type { VaultContext } from "../vault-context.ts";

/** What a run did, in rows. */
export interface RekeyReport {
  /** Sealed again. */
  tokens: number;
  subjects: number;
  /** Left as they are, since they are not as they were written or name a key that there is not. */
  left: number;
  /** The first hundred of them. */
  readonly leftRows: LeftRow[];
}

/** A row that stays under its old key version, or whatever it is. */
export interface LeftRow {
  readonly kind: "token" | "subject";
  /** base64url SHA-256 of the row's key in the store, which for a token's row would be the token. */
  readonly digest: string;
  readonly code: "VAULT_CORRUPT" | "VAULT_KEY_UNKNOWN";
}

const maxLeftRows = 100;

/** Tokens stay as they are; a row that changes meanwhile is left to the next run. */
export async function rekeyVault(context: VaultContext): Promise<RekeyReport> {
  const report: RekeyReport = { tokens: 0, subjects: 0, left: 0, leftRows: [] };
  const { version } = await context.ring.current();
  for await (const page of scanPages(context.store, { prefix: rowKinds.token })) {
    const draw = createRandomDraw(context.random);
    for (const entry of page) {
      if (await orLeft(report, entry, () => rekeyToken(context, entry, { version, draw }))) report.tokens++;
    }
    draw.close();
  }
  for await (const page of scanPages(context.store, { prefix: rowKinds.subject })) {
    const draw = createRandomDraw(context.random);
    for (const entry of page) {
      if (await orLeft(report, entry, () => rewrapKey(context, entry, { version, draw }))) report.subjects++;
    }
    draw.close();
  }
  return report;
}

/** Whoever can write to the store could otherwise keep every other row under its old key. */
async function orLeft(report: RekeyReport, { key }: StoreEntry, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as FieldsealError;
    if (code !== "VAULT_CORRUPT" && code !== "VAULT_KEY_UNKNOWN") throw error;
    const kind = key.startsWith(rowKinds.token) ? "token" : "subject";
    const digest = createHash("sha256").update(key).digest("base64url");
    if (report.left++ < maxLeftRows) report.leftRows.push({ kind, digest, code });
    return false;
  }
}

interface Target {
  readonly version: string;
  readonly draw: RandomDraw;
}

async function rekeyToken(context: VaultContext, entry: StoreEntry, { version, draw }: Target): Promise<boolean> {
  const token = entry.key.slice(rowKinds.token.length);
  const row = parseTokenRow(entry.item, token, context.keys);
  // A subject's rows are sealed under the subject's key, and that is wrapped again.
  if (row.subject !== undefined || row.keyVersion === version) return false;
  if (stateAt(row, context.now()) !== "live") return false;
  const old = (await context.ring.byVersion(row.keyVersion)).value;
  const content = { value: openValue(row, token, old), metadata: openMetadata(row, token, old) };
  const place = { ...row, keyVersion: version, token };
  const base = (await context.ring.byVersion(version)).value;
  const resealed = { ...row, keyVersion: version, ...sealContent(content, place, { base, draw }) };
  return context.store.putIfEquals(entry.key, encodeTokenRow(resealed, token, context.keys), entry.item);
}

async function rewrapKey(context: VaultContext, { key: name, item }: StoreEntry, target: Target): Promise<boolean> {
  if (isDestroyed(item) || subjectKeyVersion(item) === target.version) return false;
  const digest = new Uint8Array(Buffer.from(name.slice(rowKinds.subject.length), "base64url"));
  const key = await openSubjectKey(item, digest, context.ring);
  const rewrapped = await wrapSubjectKey(key, digest, { ring: context.ring, ...target });
  key.fill(0);
  return context.store.putIfEquals(name, rewrapped, item);
}
