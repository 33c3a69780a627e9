// The sealed parts of a token's row: value and metadata, under the vault's key or the subject's. Pure but for ivs.
import { isUtf8 } from "node:buffer";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import type { RandomDraw } from "../random-draw.ts";
import { metadataBytes } from "../token-options.ts";
import { corrupt } from "./row-bytes.ts";
import { ivLength, open, rowKey, type SealBinding, seal, sealAad } from "./seal-value.ts";
import type { TokenRow } from "./token-row.ts";

/** What identifies a row for its sealed parts. */
export type SealedPlace = Pick<TokenRow, "format" | "tenant" | "subject" | "keyVersion"> & { readonly token: string };

export interface TokenContent {
  readonly value: string;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** Seals value and metadata under the row's own key, which comes from `base`. */
export function sealContent(
  content: TokenContent,
  place: SealedPlace,
  { base, draw }: { base: Uint8Array; draw: RandomDraw },
): Pick<TokenRow, "sealed" | "metadata"> {
  const key = rowKey(base, place.token);
  const sealPart = (purpose: SealBinding["purpose"], bytes: Uint8Array): Uint8Array => {
    const sealed = seal(key, bytes, { iv: draw.bytes(ivLength), aad: contentAad(purpose, place) });
    bytes.fill(0);
    return sealed;
  };
  const sealed = sealPart("value", utf8Bytes(content.value));
  const { metadata } = content;
  const parts = { sealed, metadata: metadata ? sealPart("metadata", metadataBytes(metadata)) : new Uint8Array(0) };
  key.fill(0);
  return parts;
}

/** The value of a live row. */
export function openValue(row: TokenRow, token: string, base: Uint8Array): string {
  return openText("value", row.sealed, { row, token, base });
}

/** The metadata of a live row; the value stays closed. */
export function openMetadata(row: TokenRow, token: string, base: Uint8Array): Record<string, string> | undefined {
  if (row.metadata.length === 0) return undefined;
  return JSON.parse(openText("metadata", row.metadata, { row, token, base })) as Record<string, string>;
}

interface OpenPlace {
  readonly row: TokenRow;
  readonly token: string;
  readonly base: Uint8Array;
}

function openText(purpose: SealBinding["purpose"], sealed: Uint8Array, { row, token, base }: OpenPlace): string {
  const key = rowKey(base, token);
  try {
    const bytes = open(key, sealed, contentAad(purpose, { ...row, token }));
    if (!isUtf8(bytes)) throw corrupt();
    const text = utf8Text(bytes);
    bytes.fill(0);
    return text;
  } finally {
    key.fill(0);
  }
}

function contentAad(purpose: SealBinding["purpose"], place: SealedPlace): Uint8Array {
  const { format, tenant, token, keyVersion, subject } = place;
  return sealAad({ purpose, parts: [format, tenant, token, keyVersion, subject ?? new Uint8Array(0)] });
}
