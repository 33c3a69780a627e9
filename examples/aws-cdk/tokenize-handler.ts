// The code of the tokenize function: objects of one bucket to tokens in another. Which columns, and for what, stands here
// and never in the event. Bundle it to build/tokenize/index.mjs, with tokenizer.json, whose keys KMS wraps, beside it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { createTokenizer, parseTokenizerConfig } from "@fieldseal/tokenizer";
import { createMapHandler } from "@fieldseal/tokenizer/distributed-map";
import { configuredTokenKeys } from "@fieldseal/tokenizer/kms";
import { createS3Store } from "@fieldseal/tokenizer/s3";

const { RAW_BUCKET = "", LAKE_BUCKET = "" } = process.env;
const document = new URL("tokenizer.json", import.meta.url);
const config = parseTokenizerConfig(JSON.parse(readFileSync(document, "utf8")));
const folder = fileURLToPath(new URL(".", document));
const client = new S3Client({});

export const handler = createMapHandler({
  tokenizer: createTokenizer({
    formats: config.formats,
    keys: configuredTokenKeys({ config, folder, client: new KMSClient({}) }),
  }),
  operation: "tokenize",
  columns: { "$.customer.card": { format: "card" }, "$.items[*].pan": { format: "card" } },
  versionColumn: "token_version",
  from: createS3Store({ client, bucket: RAW_BUCKET }),
  to: createS3Store({ client, bucket: LAKE_BUCKET }),
  prefix: "tokens/",
});
