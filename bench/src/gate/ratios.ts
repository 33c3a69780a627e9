// The ratios that hold on any machine, and their limits: a doubling of the time fails, ordinary noise does not.
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomInt } from "node:crypto";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { createOriginRequestHandler, encryptBodySync, parsePolicy } from "@fieldseal/edge-encrypt";
import { createFf1 } from "@fieldseal/tokenizer/ff1";
import { type BenchDocument, documentOf } from "../documents.ts";
import { eventOf } from "../events.ts";
import { createFloor, spansOf } from "../floor.ts";
import { type BenchKey, newKey } from "../keys.ts";
import { policyDocument, policyOfOne } from "../policies.ts";
import { fieldsOf, mapFields } from "../records.ts";
import { scanAndSplice } from "../scan-and-splice.ts";
import { hostileBodies } from "./hostile-bodies.ts";

/** Ours against something of the same process. */
export interface GateRatio {
  readonly name: string;
  readonly ours: () => unknown;
  readonly against: () => unknown;
  /** Most times the processor time of `against` that `ours` may take. */
  readonly limit: number;
}

const small = documentOf(1);
const medium = documentOf(110);

/** All gated ratios; their contenders have agreed. */
export function gateRatios(): GateRatio[] {
  const key = newKey(2048);
  return [...requests(key), opening(key), splice(small, 0.46), splice(medium, 0.38), ff1(), ...hostile(key)];
}

function requests(key: BenchKey): GateRatio[] {
  const event = eventOf(small.bytes);
  const data = event.Records[0]!.cf.request.body!.data;
  const spans = spansOf(small.bytes, fieldsOf(JSON.parse(small.bytes.toString()), small) as string[]);
  return [
    { reuse: false, name: "request of 1 KB, 6 fields : its floor", limit: 2.2 },
    { reuse: true, name: "the same, data key reused : its floor without the wrap", limit: 2.5 },
  ].map(({ reuse, name, limit }) => {
    const handler = createOriginRequestHandler({ policy: parsePolicy(policyDocument(small, key, { reuse })) });
    const floor = createFloor({ publicKey: key.publicKey, spans, wrap: !reuse });
    return { name, limit, ours: () => handler(event), against: () => floor(data) };
  });
}

function opening(key: BenchKey): GateRatio {
  const policy = parsePolicy(policyDocument(small, key));
  const decryptor = createDecryptor({ keys: pemKeys({ [key.kid]: key.privatePem }) });
  const bytes = encryptBodySync({ bytes: small.bytes, mediaType: "application/json" }, policy);
  const body = { bytes, mediaType: "application/json", context: { app: "bench" }, expect: policy };
  const [dataKey, iv, aad] = [createSecretKey(randomBytes(32)), randomBytes(12), randomBytes(450)];
  const cipher = createCipheriv("aes-256-gcm", dataKey, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(randomBytes(32)), cipher.final()]);
  const tag = cipher.getAuthTag();
  const openOne = (): void => {
    const decipher = createDecipheriv("aes-256-gcm", dataKey, iv, { authTagLength: 16 });
    decipher.setAAD(aad).setAuthTag(tag).update(ciphertext);
    decipher.final();
  };
  return {
    name: "opening of 1 KB, 6 fields, data key cached : 6 times AES-GCM",
    ours: () => decryptor.decryptBody(body),
    against: () => {
      for (let field = 0; field < 6; field++) openOne();
    },
    limit: 6.5,
  };
}

function splice(document: BenchDocument, limit: number): GateRatio {
  const text = "A".repeat(440);
  const ours = scanAndSplice(document, text);
  const against = (): Uint8Array => {
    const body: unknown = JSON.parse(document.bytes.toString());
    mapFields(body, document, () => text);
    return Buffer.from(JSON.stringify(body));
  };
  if (!Buffer.from(ours()).equals(against())) throw new Error("splicing and setting disagree");
  return { name: `scan, select, splice of ${document.name} : parse, set, stringify`, ours, against, limit };
}

function ff1(): GateRatio {
  const key = randomBytes(32);
  const count = 512;
  const engine = createFf1({ key, radix: 10 });
  const values = Array.from({ length: count }, () => Array.from({ length: 16 }, () => randomInt(10)));
  const tweaks = values.map(() => randomBytes(8));
  const back = engine.decryptBatch(engine.encryptBatch(values, tweaks), tweaks);
  if (back.some((value, i) => value.join() !== values[i]!.join())) throw new Error("FF1 does not come back");
  const ecb = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const blocks = randomBytes(count * 10 * 16);
  return {
    name: `FF1, batch of ${count} PANs : the same ${count * 10} AES blocks in one call`,
    ours: () => engine.encryptBatch(values, tweaks),
    against: () => ecb.update(blocks),
    limit: 18,
  };
}

function hostile(key: BenchKey): GateRatio[] {
  const anyItems = parsePolicy(policyDocument(medium, key, { root: "$..items[*]" }));
  const text = documentOf(1090).bytes.toString();
  const against = (): unknown => JSON.parse(text);
  return hostileBodies().map(({ name, bytes, mediaType, select, within }) => {
    const policy = select === undefined ? anyItems : parsePolicy(policyOfOne(select, key, within));
    const ours = (): void => {
      try {
        encryptBodySync({ bytes, mediaType }, policy);
      } catch (error) {
        if (typeof (error as { code?: unknown }).code !== "string") throw error;
      }
    };
    return { name: `hostile, 1 MB of ${name} : JSON.parse of 1 MB`, limit: 15, against, ours };
  });
}
