// The receipt that the edge writes into `x-fieldseal` (docs/receipt.md): its text, written and read. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** Name of the header. */
export const receiptHeader = "x-fieldseal";

/** True for the header's name and for the spelling that gateways take for it; `name` in lower case. */
export function isReceiptHeader(name: string): boolean {
  return name === receiptHeader || name === "x_fieldseal";
}

/** What the edge says that it did with a request. */
export interface Receipt {
  /** Digest of the policy, as in `Policy.digest`. */
  readonly policy: string;
  /** `shadow`: the rules were tried, and the request left as it came. */
  readonly mode: "enforce" | "shadow";
  /** How many values each rule took, by its name. */
  readonly fields: ReadonlyMap<string, number>;
  /** base64url(SHA-256(wrapped data key)) of each data key, by key id. */
  readonly dataKeys: ReadonlyMap<string, readonly string[]>;
  readonly seal: ReceiptSeal | null;
}

/** What a receipt with an HMAC says besides. */
export interface ReceiptSeal {
  /** Seconds since 1970. */
  readonly time: number;
  /** CloudFront's id of the request. */
  readonly requestId: string;
  /** base64url of the HMAC-SHA256. */
  readonly mac: string;
}

/** A receipt's text, without what follows `;s=`. */
export function writeReceipt(receipt: Omit<Receipt, "seal">, seal: Omit<ReceiptSeal, "mac"> | null): string {
  const { policy, mode } = receipt;
  const fields = Array.from(receipt.fields, ([name, count]) => `${name}:${count}`);
  const dataKeys = Array.from(receipt.dataKeys, ([kid, digests]) => digests.map((digest) => `${kid}:${digest}`)).flat();
  const text = `v=1;p=${policy};m=${mode};f=${fields.join(",")};k=${dataKeys.join(",")}`;
  return seal === null ? text : `${text};t=${seal.time};r=${seal.requestId}`;
}

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
