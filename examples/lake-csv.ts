// A CSV on its way into a data lake: identities become tokens, so that analysts can still join and count.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createTokenizer, type Tokenizer } from "@fieldseal/tokenizer";
import { type Rejection, tokenizeStream } from "@fieldseal/tokenizer/stream";

const columns = {
  card: { format: "card" },
  ssn: { format: "ssn" },
  // Two columns of one field have equal tokens for equal values: they stay joinable with each other.
  email: { format: "email", field: "contact" },
  referrer_email: { format: "email", field: "contact" },
};

export function lakeTokenizer(secret: Uint8Array): Tokenizer {
  return createTokenizer({
    keys: { current: "2026-11", versions: { "2026-11": secret } },
    formats: {
      card: { type: "pan", keepLast: 4 },
      ssn: { type: "us-ssn" },
      email: { type: "email", domain: "keep" },
    },
  });
}

/** Rewrites a file in constant memory; rows with a value that is not what it should be stay out of the lake. */
export async function tokenizeForLake(tokenizer: Tokenizer, from: string, to: string): Promise<Rejection[]> {
  const rejections: Rejection[] = [];
  const stream = tokenizeStream({
    tokenizer,
    operation: "tokenize",
    format: "csv",
    columns,
    // Each customer of the platform has tokens of its own; the version stands beside them, for the day of a new key.
    tenantColumn: "shop",
    versionColumn: "token_version",
    onRejected: (rejection) => rejections.push(rejection),
  });
  await pipeline(createReadStream(from), stream, createWriteStream(to));
  return rejections;
}

/** The way back, for those few who hold the key. */
export async function restoreFromLake(tokenizer: Tokenizer, from: string, to: string): Promise<void> {
  const stream = tokenizeStream({
    tokenizer,
    operation: "detokenize",
    format: "csv",
    columns,
    tenantColumn: "shop",
    versionColumn: "token_version",
  });
  await pipeline(createReadStream(from), stream, createWriteStream(to));
}
