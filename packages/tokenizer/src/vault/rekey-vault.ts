// Sealing again under the current key version: T rows of older versions, and the wrapped subject keys. I/O.
import { createRandomDraw, type RandomDraw } from "./random-draw.ts";
import type { FoundToken } from "./retire-token.ts";
import { rowKinds, subjectRowName, tokenRowName } from "./row-names.ts";
import { scanPages } from "./scan-rows.ts";
import type { StoreEntry } from "./store.ts";
import { isDestroyed, openSubjectKey, subjectKeyVersion, wrapSubjectKey } from "./subject-row.ts";
import { readPage } from "./sweep-tokens.ts";
import { openMetadata, openValue, sealContent } from "./token-content.ts";
import { encodeTokenRow, stateAt } from "./token-row.ts";
import type { VaultContext } from "./vault-context.ts";

/** Rows that were sealed again. */
export interface RekeyReport {
  tokens: number;
  subjects: number;
}

/** Tokens stay as they are; a row that changes meanwhile is left to the next run. */
export async function rekeyVault(context: VaultContext): Promise<RekeyReport> {
  const report = { tokens: 0, subjects: 0 };
  const { version } = await context.ring.current();
  for await (const page of scanPages(context.store, { prefix: rowKinds.token })) {
    const draw = createRandomDraw(context.random);
    for (const one of readPage(context, page)) {
      // A subject's rows are sealed under the subject's key, and that is wrapped again below.
      if (one.row.subject !== undefined || one.row.keyVersion === version) continue;
      if (stateAt(one.row, context.now()) !== "live") continue;
      if (await resealToken(context, one, { version, draw })) report.tokens++;
    }
    draw.close();
  }
  for await (const page of scanPages(context.store, { prefix: rowKinds.subject })) {
    const draw = createRandomDraw(context.random);
    for (const entry of page) if (await rewrapKey(context, entry, { version, draw })) report.subjects++;
    draw.close();
  }
  return report;
}

interface Target {
  readonly version: string;
  readonly draw: RandomDraw;
}

async function resealToken(context: VaultContext, found: FoundToken, { version, draw }: Target): Promise<boolean> {
  const { token, row, bytes } = found;
  const old = (await context.ring.byVersion(row.keyVersion)).value;
  const content = { value: openValue(row, token, old), metadata: openMetadata(row, token, old) };
  const place = { ...row, keyVersion: version, token };
  const base = (await context.ring.byVersion(version)).value;
  const resealed = { ...row, keyVersion: version, ...sealContent(content, place, { base, draw }) };
  return context.store.putIfEquals(tokenRowName(token), encodeTokenRow(resealed, token, context.keys), bytes);
}

async function rewrapKey(context: VaultContext, { key: name, item }: StoreEntry, target: Target): Promise<boolean> {
  if (isDestroyed(item) || subjectKeyVersion(item) === target.version) return false;
  const digest = new Uint8Array(Buffer.from(name.slice(rowKinds.subject.length), "base64url"));
  const key = await openSubjectKey(item, digest, context.ring);
  const rewrapped = await wrapSubjectKey(key, digest, { ring: context.ring, ...target });
  key.fill(0);
  return context.store.putIfEquals(subjectRowName(digest), rewrapped, item);
}
