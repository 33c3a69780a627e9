import { S3Client } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { createFirehoseTransform } from "./hosts/firehose/index.ts";
import { createHttpHandler, createServiceHandler, decryptPart } from "./hosts/http/index.ts";
import { createLambdaHandler } from "./hosts/lambda/index.ts";
import { createGetObject } from "./hosts/s3/index.ts";
import { decryptStream, decryptStreamBy } from "./hosts/stream/index.ts";
import { type BodyToDecrypt, createDecryptor, pemKeys } from "./index.ts";

it.each([
  ["acces", 'did you mean "access"?'],
  ["rate_limit", 'did you mean "rateLimit"?'],
  ["policy", expect.stringContaining("there are keys, access,")],
])("a decryptor is not made with the option %s", (name, hint) => {
  expect(() => createDecryptor({ keys: pemKeys({}), [name]: {} })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", hint }),
  );
});

it("what is to be opened has no members that there are not: a misspelt `expect` would let envelopes stand anywhere", async () => {
  const decryptor = createDecryptor({ keys: pemKeys({}) });
  const body = { bytes: new TextEncoder().encode("{}"), mediaType: "application/json" };
  const refused = { code: "CONFIG_INVALID", hint: 'did you mean "expect"?' };
  const expects = { ssn: "$.ssn" };
  await expect(decryptor.decryptBody({ ...body, expects } as object as BodyToDecrypt)).rejects.toMatchObject(refused);
  await expect(decryptor.decryptText("", { fields: [], expects } as object as never)).rejects.toMatchObject(refused);
  await expect(decryptor.decryptField("", { field: "a", expects } as object as never)).rejects.toMatchObject(refused);
  expect(await decryptor.decryptBodies([body, { ...body, expects } as object as BodyToDecrypt])).toMatchObject([
    { bytes: body.bytes },
    { error: refused },
  ]);
});

const ofOwn = { decryptor: createDecryptor({ keys: pemKeys({}) }), mediaType: "text/csv" };
const host = { keys: pemKeys({}), access: { rules: [] }, expect: {} };
const caller = { principal: "role:a" };
const authenticate = async () => caller;
const streamed = { caller, mediaType: "text/csv" };
it.each<[string, (more: object) => unknown]>([
  ["Lambda", (more) => createLambdaHandler({ ...host, identity: { from: "configuration", caller }, ...more })],
  ["Firehose", (more) => createFirehoseTransform({ ...host, caller, ...more })],
  ["S3", (more) => createGetObject({ ...host, client: new S3Client({ region: "us-east-1" }), ...more })],
  ["a stream", (more) => decryptStream({ ...host, ...streamed, ...more })],
  ["a stream of a decryptor", (more) => decryptStreamBy({ ...ofOwn, ...more })],
  ["HTTP", (more) => createHttpHandler({ ...host, authenticate, ...more })],
  ["a part", (more) => decryptPart({ ...host, ...more })],
  ["parts", (more) => createServiceHandler({ parts: [decryptPart(host)], authenticate, ...more })],
])("a host of %s is not made with options that there are not: a misspelt `audit` would leave no trail", (_, create) => {
  expect(() => create({ audits: {} })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => create({})).not.toThrow();
});

it.each<[string, (choice: never) => unknown]>([
  ["onFieldError", (onFieldError) => createDecryptor({ keys: pemKeys({}), onFieldError })],
  ["onDenied", (onDenied) => createDecryptor({ keys: pemKeys({}), onDenied })],
  ["onFieldError", (onFieldError) => createHttpHandler({ ...host, authenticate, onFieldError })],
  ["onRecordError", (onRecordError) => createFirehoseTransform({ ...host, caller, onRecordError })],
  ["onRecordError", (onRecordError) => decryptStream({ ...host, ...streamed, onRecordError })],
])("%s takes the words that there are: a misspelt one would leave what failed, and say nothing", (_, create) => {
  expect(() => create("Fail" as never)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(() => create(undefined as never)).not.toThrow();
});

it.each(["onFieldError", "onDenied"])("a body's own %s takes the words that there are", async (name) => {
  const body = { bytes: new TextEncoder().encode("{}"), mediaType: "application/json", [name]: "Leave" };
  const opening = createDecryptor({ keys: pemKeys({}) }).decryptBody(body);
  await expect(opening).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
