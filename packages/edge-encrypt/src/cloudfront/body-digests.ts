// Headers that say what the body's bytes are (RFC 1864, RFC 3230, RFC 9530, AWS Signature Version 4): a replaced body
// makes them stale.
import { hash } from "node:crypto";
import type { CloudFrontHeaders } from "aws-lambda";

const digestOf = (algorithm: "md5" | "sha256", body: Uint8Array): string => hash(algorithm, body, "base64");

/** How each header is spelled anew; whatever algorithms it named before, SHA-256 where it can. */
const spelled: Readonly<Record<string, (body: Uint8Array) => string>> = {
  "content-md5": (body) => digestOf("md5", body),
  digest: (body) => `SHA-256=${digestOf("sha256", body)}`,
  "content-digest": (body) => `sha-256=:${digestOf("sha256", body)}:`,
  "repr-digest": (body) => `sha-256=:${digestOf("sha256", body)}:`,
};

/** Drops the digests of a body that was replaced by `body`, or computes them again. */
export function renewBodyDigests(headers: CloudFrontHeaders, body: Uint8Array, how: "drop" | "recompute"): void {
  for (const name in spelled) {
    const first = headers[name]?.[0];
    if (first === undefined) continue;
    if (how === "drop") delete headers[name];
    else headers[name] = [{ ...first, value: spelled[name]!(body) }];
  }
}

/** The value of `x-amz-content-sha256`, for origins behind origin access control. */
export function payloadHash(body: Uint8Array): string {
  return hash("sha256", body, "hex");
}
