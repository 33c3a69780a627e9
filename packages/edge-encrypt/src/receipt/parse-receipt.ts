// Reading receipts (docs/receipt.md, Syntax): apart from writing them, since edge functions only write. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Receipt } from "./receipt.ts";

const name = "[A-Za-z0-9_-]{1,64}";
const digest = "[A-Za-z0-9_-]{43}";
const list = (entry: string): string => `((?:${entry}(?:,${entry})*)?)`;
const seal = `(?:;t=([0-9]{1,12});r=([A-Za-z0-9_=-]{1,128});s=(${digest}))?`;
const syntax = new RegExp(
  `^v=1;p=(${digest});m=(enforce|shadow);f=${list(`${name}:[1-9][0-9]{0,5}`)};k=${list(`${name}:${digest}`)}${seal}$`,
);
const maxLength = 20_480;

/**
 * Reads a receipt.
 *
 * @throws {FieldsealError} `RECEIPT_INVALID` where the text is none, or names a field twice.
 */
export function parseReceipt(text: string): Receipt {
  const found = text.length > maxLength ? null : syntax.exec(text);
  if (found === null) throw invalid();
  const [, policy, mode, fields, dataKeys, time, requestId, mac] = found;
  const counts = readPairs(fields!).map(([name, count]) => [name, Number(count)] as const);
  const byName = new Map(counts);
  const byKid = new Map<string, string[]>();
  for (const [kid, digest] of readPairs(dataKeys!)) byKid.set(kid, [...(byKid.get(kid) ?? []), digest]);
  if (byName.size !== counts.length) throw invalid();
  return {
    policy: policy!,
    mode: mode as Receipt["mode"],
    fields: byName,
    dataKeys: byKid,
    seal: mac === undefined ? null : { time: Number(time), requestId: requestId!, mac },
  };
}

function readPairs(text: string): [string, string][] {
  return text === "" ? [] : text.split(",").map((entry) => entry.split(":") as [string, string]);
}

function invalid(): FieldsealError {
  return new FieldsealError("RECEIPT_INVALID", "the receipt is not one that the edge writes");
}
