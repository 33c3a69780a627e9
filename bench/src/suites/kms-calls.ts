// KMS calls, counted by the emulator, and their price, to read 1,000 records of six fields.
import { Buffer } from "node:buffer";
import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { CreateKeyCommand, DecryptCommand, GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { createDecryptor } from "@fieldseal/decrypt";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import { encryptBody, parsePolicy } from "@fieldseal/edge-encrypt";
import { startKms } from "@fieldseal/emulator";
import { requireAgreement } from "../agreement.ts";
import { documentOf } from "../documents.ts";
import type { BenchKey } from "../keys.ts";
import { policyDocument } from "../policies.ts";
import { fieldsOf } from "../records.ts";
import type { Figures, Part } from "../result.ts";

const records = 1000;
// AWS's list price of operations with RSA_2048 keys, in dollars for 10,000.
const price = 0.03;
// AWS's default quota of operations with RSA keys, a second, shared by an account's whole Region.
const quota = 1000;

export async function kmsCalls(): Promise<readonly Part[]> {
  const kms = await startKms({ region: "us-east-1" });
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new KMSClient({ endpoint: kms.url, region: "us-east-1", credentials });
  const rows: (string | number)[][] = [];
  const count = async (name: string, read: () => Promise<void>): Promise<void> => {
    const before = kms.calls.Decrypt ?? 0;
    await read();
    const calls = (kms.calls.Decrypt ?? 0) - before;
    rows.push([name, calls, `$${((calls / 10_000) * price * 1000).toFixed(2)}`, Math.round((quota * records) / calls)]);
  };
  try {
    const made = await client.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }));
    const arn = made.KeyMetadata!.Arn!;
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: arn }));
    const key = keyOf(Buffer.from(PublicKey!));
    await count("one RSA ciphertext for each field", () => readFieldByField(client, arn, key));
    await count("fieldseal, a data key for each record", () => readSealed(client, arn, key, false));
    await count("fieldseal, data key reused", () => readSealed(client, arn, key, true));
  } finally {
    client.destroy();
    await kms.close();
  }
  const figures: Figures = {
    kind: "figures",
    name: "kms-calls",
    title: `KMS calls to read ${records} records of six fields`,
    note: `Counted by the KMS emulator. Price at $${price} for 10,000 operations with RSA_2048; records a second within the default quota of ${quota} RSA operations a second.`,
    columns: ["way", "Decrypt calls", "price of 1,000,000 records", "records a second within the quota"],
    rows,
  };
  return [figures];
}

async function readFieldByField(client: KMSClient, arn: string, { publicKey }: BenchKey): Promise<void> {
  const document = documentOf(1);
  const values = fieldsOf(JSON.parse(document.bytes.toString()), document) as string[];
  const sealed = values.map((value) =>
    publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
      Buffer.from(value),
    ),
  );
  for (let record = 0; record < records; record++) {
    const opened: string[] = [];
    for (const CiphertextBlob of sealed) {
      const command = new DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" });
      opened.push(Buffer.from((await client.send(command)).Plaintext!).toString());
    }
    requireAgreement("field by field", opened, values);
  }
}

async function readSealed(client: KMSClient, arn: string, key: BenchKey, reuse: boolean): Promise<void> {
  const document = documentOf(1);
  const mediaType = "application/json";
  const policy = parsePolicy(policyDocument(document, key, { reuse }));
  const keys = kmsKeys({ client, keys: { [key.kid]: { kms: arn, alg: "RSA-OAEP-256" } } });
  const decryptor = createDecryptor({ keys });
  const expected: unknown = JSON.parse(document.bytes.toString());
  for (let record = 0; record < records; record++) {
    const bytes = await encryptBody({ bytes: document.bytes, mediaType }, policy);
    const opened = await decryptor.decryptBody({ bytes, mediaType, context: { app: "bench" }, expect: policy });
    requireAgreement("fieldseal", JSON.parse(Buffer.from(opened).toString()), expected);
  }
  await decryptor.close();
}

function keyOf(spki: Buffer): BenchKey {
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const publicPem = publicKey.export({ format: "pem", type: "spki" }) as string;
  return { kid: "pii-1", alg: "RSA-OAEP-256", publicKey, publicPem, privateKey: publicKey, privatePem: "" };
}
