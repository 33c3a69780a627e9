// The HMAC of a receipt (docs/receipt.md, HMAC): what it covers, and the digests that receipts hold.
import { createHmac, hash } from "node:crypto";
import { concatLengthPrefixed, utf8Bytes } from "@fieldseal/core/bytes";

/** What an HMAC covers besides the receipt's own text. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as the origin gets them. */
  readonly url: string;
  /** Canonical bytes of the context. */
  readonly context: Uint8Array;
  /** The body as the origin gets it. */
  readonly body: Uint8Array;
}

const label = "fieldseal-receipt-1";

/** base64url of HMAC-SHA256 over lp(label) lp(text) lp(method) lp(url) lp(context) lp(SHA-256(body)). */
export function macOf(text: string, request: SignedRequest, key: string): string {
  const { method, url, context, body } = request;
  const parts = [
    utf8Bytes(label),
    utf8Bytes(text),
    utf8Bytes(method),
    utf8Bytes(url),
    context,
    hash("sha256", body, "buffer"),
  ];
  return createHmac("sha256", key).update(concatLengthPrefixed(parts)).digest("base64url");
}

/** The digest by which a receipt names a wrapped data key. */
export function dataKeyDigest(wrapped: Uint8Array): string {
  return hash("sha256", wrapped, "base64url");
}
