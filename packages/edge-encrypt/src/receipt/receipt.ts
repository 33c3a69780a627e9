// The receipt that the edge writes into `x-fieldseal` (docs/receipt.md). Pure.

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
  let fields = "";
  for (const [name, count] of receipt.fields) fields += `${fields === "" ? "" : ","}${name}:${count}`;
  let dataKeys = "";
  for (const [kid, digests] of receipt.dataKeys) {
    for (const digest of digests) dataKeys += `${dataKeys === "" ? "" : ","}${kid}:${digest}`;
  }
  const text = `v=1;p=${policy};m=${mode};f=${fields};k=${dataKeys}`;
  return seal === null ? text : `${text};t=${seal.time};r=${seal.requestId}`;
}
