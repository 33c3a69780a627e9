import { generateKeyPairSync } from "node:crypto";
import { AlgorithmSuiteIdentifier, buildEncrypt, CommitmentPolicy, RawRsaKeyringNode } from "@aws-crypto/client-node";
import { keyRing, pemKeys } from "@fieldseal/decrypt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { contactsHandler, contactsReader } from "../../examples/cloudfront-native-migration.ts";
import type { EdgeKey } from "../../examples/edge-handler.ts";
import { checkoutHandler, checkoutReader } from "../../examples/form-post.ts";
import { applicationsHandler, applicationsReader } from "../../examples/multipart-upload.ts";
import { customersHandler, customersPolicy, readerOf } from "../../examples/per-field-keys.ts";
import { ordersHandler, ordersReader } from "../../examples/xml-order.ts";
import { type Deployment, deploy } from "./deployment.ts";

let at: Deployment;
let pii: EdgeKey;
let pci: EdgeKey;
const form = { "content-type": "application/x-www-form-urlencoded" };
const stored = (): Buffer => at.origin.last!.body;

beforeAll(async () => {
  // Refusals are logged.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  at = await deploy("pii", "pci");
  [pii, pci] = await Promise.all([at.pull("pii"), at.pull("pci")]);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await at.close();
});

describe("form-post", () => {
  it("seals the card, removes the verification code, masks the account, and leaves the rest as it was", async () => {
    const body = "order=7&card=4111+1111%201111+1111&cvv=123&iban=DE89370400440532013000&note=%63af%C3%A9";
    expect(await at.send(checkoutHandler(pci), "/checkout", { headers: form, body })).toBe(201);
    expect(stored().toString()).toMatch(
      /^order=7&card=fs1\.r\.pci-1\.card-number\.[\w.-]+&iban=[^&]*3000&note=%63af%C3%A9$/,
    );
    expect(stored().toString()).not.toMatch(/cvv|123&|DE89/);
    const opened = await checkoutReader(at.keys({ "pci-1": pci }), pci)(stored());
    expect([opened.get("card"), opened.get("order")]).toEqual(["4111 1111 1111 1111", "7"]);
  });

  it("refuses JSON that says it is a form, and a form without a card", async () => {
    const before = at.origin.requests.length;
    for (const body of ['{"card":"4111111111111111"}', "order=7"]) {
      expect(await at.send(checkoutHandler(pci), "/checkout", { headers: form, body })).toBeGreaterThanOrEqual(400);
    }
    expect(at.origin.requests).toHaveLength(before);
  });
});

describe("per-field-keys", () => {
  it("shows each service its own class of fields, at one call to KMS", async () => {
    const classes = { identity: pii, payment: pci };
    const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
    const body = '{"ssn":"078-05-1120","cards":[{"number":"4111111111111111"},{"number":"5555555555554444"}]}';
    expect(await at.send(customersHandler(classes), "/v1/customers", { headers, body })).toBe(201);
    const record = stored();
    const policy = customersPolicy(classes);
    at.kms.resetCalls();
    const identity = await readerOf("ssn", { keys: at.keys({ "pii-1": pii }), policy })(record, "acme");
    expect(identity).toMatch(/^\{"ssn":"078-05-1120","cards":\[\{"number":"fs1\./);
    expect(at.kms.calls).toEqual({ Decrypt: 1 });
    const payment = await readerOf("card-number", { keys: at.keys({ "pci-1": pci }), policy })(record, "acme");
    expect(payment).toMatch(/^\{"ssn":"fs1\..*"4111111111111111".*"5555555555554444"/);
    expect(at.kms.calls).toEqual({ Decrypt: 2 });
  });

  it("opens nothing for another tenant", async () => {
    const policy = customersPolicy({ identity: pii, payment: pci });
    const read = readerOf("ssn", { keys: at.keys({ "pii-1": pii }), policy });
    await expect(read(stored(), "rival")).rejects.toMatchObject({ code: "DECRYPTION_FAILED" });
  });
});

describe("multipart-upload", () => {
  it("seals a field and a text file, passes a binary file, and gives the very body back", async () => {
    const boundary = "----browser7MA4YWxkTrZu0gW";
    const part = (headers: string, value: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${value}\r\n`;
    const body = Buffer.from(
      part('name="ssn"', "078-05-1120") +
        part('name="statement"; filename="statement.csv"\r\nContent-Type: text/csv', "date,amount\r\n2026-11-01,7.00") +
        part('name="photo"; filename="a.png"\r\nContent-Type: image/png', "\x89PNG\r\n\x1a\n\x00\xff") +
        `--${boundary}--\r\n`,
      "latin1",
    );
    const mediaType = `multipart/form-data; boundary=${boundary}`;
    const headers = { "content-type": mediaType };
    expect(await at.send(applicationsHandler(pii), "/v1/applications", { headers, body })).toBe(201);
    const text = stored().toString("latin1");
    expect(text.match(/fs1\.r\.pii-1\.(?:ssn|statement)\./g)).toHaveLength(2);
    expect(text).toContain("\x89PNG\r\n\x1a\n\x00\xff");
    expect(text).not.toMatch(/078-05|2026-11-01/);
    const opened = await applicationsReader(at.keys({ "pii-1": pii }), pii)(stored(), mediaType);
    expect(Buffer.from(opened).equals(body)).toBe(true);
  });
});

describe("xml-order", () => {
  const headers = { "content-type": "application/xml" };
  const order = (inside: string): string => `<?xml version="1.0"?>\n<o:order xmlns:o="urn:o">${inside}</o:order>`;

  it("seals an attribute and an element with all it holds, and gives the very text back", async () => {
    const body = order(
      '<payment card="4111111111111111" n="1"/><!-- 7 --><o:address>1 <b>Main</b> &amp; 2nd</o:address>',
    );
    expect(await at.send(ordersHandler(pci), "/v1/orders", { headers, body })).toBe(201);
    expect(stored().toString()).toMatch(
      /<payment card="fs1\.[^"]*" n="1"\/><!-- 7 --><o:address>fs1\.[^<]*<\/o:address>/,
    );
    expect(await ordersReader(at.keys({ "pci-1": pci }), pci)(stored())).toBe(body);
  });

  it("refuses a DTD", async () => {
    const before = at.origin.requests.length;
    const body = order('<payment card="1"/>').replace("\n", '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]>');
    expect(await at.send(ordersHandler(pci), "/v1/orders", { headers, body })).toBe(400);
    expect(at.origin.requests).toHaveLength(before);
  });
});

describe("cloudfront-native-migration", () => {
  it("one reader opens what CloudFront sealed and what the edge function seals", async () => {
    const old = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const profile = { provider: "DEMO", publicKeyName: "DEMOKEY" };
    const privateKey = old.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const keys = keyRing(pemKeys({ native: privateKey }), at.keys({ "pii-1": pii }));
    const read = contactsReader(keys, { key: pii, profile });
    const native = await sealedByCloudFront(
      "+1 206 555 0100",
      old.publicKey.export({ format: "pem", type: "spki" }).toString(),
    );
    expect(await read(Buffer.from(`id=1&phone=${encodeURIComponent(native)}`))).toBe("+1 206 555 0100");
    const init = { headers: form, body: "id=2&phone=%2B1+206+555+0111" };
    expect(await at.send(contactsHandler(pii), "/contact", init)).toBe(201);
    expect(stored().toString()).toContain("phone=fs1.");
    expect(await read(stored())).toBe("+1 206 555 0111");
  });
});

/** What CloudFront writes, made by the official AWS Encryption SDK. */
async function sealedByCloudFront(value: string, publicKey: string): Promise<string> {
  const { encrypt } = buildEncrypt({ commitmentPolicy: CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT });
  const names = { keyNamespace: "DEMO", keyName: "DEMOKEY" };
  const keyring = new RawRsaKeyringNode({ ...names, rsaKey: { publicKey }, oaepHash: "sha256" });
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256;
  return (await encrypt(keyring, value, { suiteId })).result.toString("base64");
}
