// Every payload, action, format and kind of key, through the zip and CloudFront, and back through the reader.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import { definePolicy, type PolicyDocument } from "@fieldseal/edge-encrypt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Edge, startEdge } from "./edge-fixture.ts";

const pairs = {
  "rsa-2048": generateKeyPairSync("rsa", { modulusLength: 2048 }),
  "rsa-3072": generateKeyPairSync("rsa", { modulusLength: 3072 }),
  "rsa-4096": generateKeyPairSync("rsa", { modulusLength: 4096 }),
  ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const pem = (key: KeyObject, type: "spki" | "pkcs8"): string => key.export({ format: "pem", type } as never) as never;
const ring = Object.fromEntries(
  Object.entries(pairs).map(([kid, { publicKey }]) => [
    kid,
    { alg: kid === "ec" ? "DHKEM-P256" : "RSA-OAEP-256", publicKey: pem(publicKey, "spki") },
  ]),
) as PolicyDocument["keys"];
const decryptor = createDecryptor({
  keys: pemKeys(Object.fromEntries(Object.entries(pairs).map(([kid, pair]) => [kid, pem(pair.privateKey, "pkcs8")]))),
});

const direct = { format: "direct", prefix: "#E1#", suffix: "#1E#" } as const;
const fieldsBelow = (root: string): NonNullable<PolicyDocument["routes"][number]["fields"]> => [
  { name: "plain", select: `${root}.plain`, action: "encrypt", key: "rsa-2048" },
  { name: "small", select: `${root}.small`, action: "encrypt", key: "ec", dataKey: "field" },
  { name: "open", select: `${root}.open`, action: "encrypt", key: "rsa-3072", format: "jwe" },
  { name: "article", select: `${root}.article`, action: "encrypt", key: "rsa-4096", ...direct },
  { name: "iban", select: `${root}.iban`, action: "mask", keepLast: 4 },
  { name: "lat", select: `${root}.lat`, action: "round", decimals: 1 },
  { name: "cvv", select: `${root}.cvv`, action: "remove" },
];
const policy = definePolicy({
  version: 1,
  id: "payloads",
  keys: ring,
  routes: [
    { path: "/names", fields: fieldsBelow("$") },
    { path: "/xml", fields: fieldsBelow("$.r") },
    {
      path: "/text",
      mediaTypes: ["text/plain"],
      fields: [{ name: "all", select: "$", action: "encrypt", key: "ec" }],
    },
  ],
});

const sealed =
  /fs1\.[re]\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.fs|eyJ[\w-]*(?:\.[\w-]+){4}|#E1#.*?#1E#|%23E1%23.*?%231E%23/g;
/** A body with each sealed value replaced by `*`. */
const shown = (body: Buffer): string => body.toString().replace(sealed, "*");

const part = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const json =
  '{ "plain":"\\u00e4\\"x", "small":1.50,"open":[1, {"a":null}], "article":"ä b","iban":"DE02120300000000202051","lat":"52.5163","cvv":"123", "rest":1e3}';
const jsonShown = '{ "plain":"*", "small":"*","open":"*", "article":"*","iban":"****2051","lat":"52.5", "rest":1e3}';
const jsonBack = json
  .replace("DE02120300000000202051", "****2051")
  .replace("52.5163", "52.5")
  .replace(',"cvv":"123"', "");

const cases: readonly [string, string, string, string, string][] = [
  ["/names", "application/json", json, jsonShown, jsonBack],
  ["/names", "application/vnd.shop+json; charset=utf-8", json, jsonShown, jsonBack],
  [
    "/names",
    "application/x-ndjson",
    `${json}\r\n\n${json}`,
    `${jsonShown}\r\n\n${jsonShown}`,
    `${jsonBack}\r\n\n${jsonBack}`,
  ],
  [
    "/names",
    "application/x-www-form-urlencoded",
    "a=%7e&plain=%C3%A4+b&small[]=1&open=x&article=y&&iban=DE02120300000000202051&lat=52.5163&cvv=123&plain=",
    "a=%7e&plain=*&small[]=*&open=*&article=*&&iban=****2051&lat=52.5&plain=*",
    "a=%7e&plain=%C3%A4+b&small[]=1&open=x&article=y&&iban=****2051&lat=52.5&plain=",
  ],
  [
    "/names",
    "multipart/form-data; boundary=b",
    `${part("plain", "ä\r\n--x")}${part('small"; filename="a.txt', "1")}${part("open", "x")}${part("article", "y")}${part("cvv", "1")}${part("iban", "DE02120300000000202051")}${part("lat", "52.5163")}--b--`,
    `${part("plain", "*")}${part('small"; filename="a.txt', "*")}${part("open", "*")}${part("article", "*")}${part("iban", "****2051")}${part("lat", "52.5")}--b--`,
    `${part("plain", "ä\r\n--x")}${part('small"; filename="a.txt', "1")}${part("open", "x")}${part("article", "y")}${part("iban", "****2051")}${part("lat", "52.5")}--b--`,
  ],
  [
    "/xml",
    "application/soap+xml",
    '<?xml version="1.0"?><x:r xmlns:x="u"><plain>&lt;<b/><![CDATA[x]]></plain><small/><open>x</open><article>y &amp; z</article><cvv>1</cvv><iban>DE02120300000000202051</iban><lat>52.5163</lat></x:r>',
    '<?xml version="1.0"?><x:r xmlns:x="u"><plain>*</plain><small>*</small><open>*</open><article>*</article><iban>****2051</iban><lat>52.5</lat></x:r>',
    '<?xml version="1.0"?><x:r xmlns:x="u"><plain>&lt;<b/><![CDATA[x]]></plain><small></small><open>x</open><article>y &amp; z</article><iban>****2051</iban><lat>52.5</lat></x:r>',
  ],
  ["/text", "text/plain", "all of\r\nit {", "*", "all of\r\nit {"],
];

describe("through the zip and CloudFront", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ policy });
  });
  afterAll(() => edge.close());

  it.each(cases)("%s %s: seals, and opens again to the very bytes", async (path, mediaType, body, expected, back) => {
    const answer = await edge.send(path, { body, headers: { "content-type": mediaType } });
    expect(answer).toMatchObject({ status: 201 });
    const { body: arrived } = edge.origin.last!;
    expect(shown(arrived)).toBe(expected);
    const opened = await decryptor.decryptBody({ bytes: arrived, mediaType, expect: policy });
    expect(Buffer.from(opened).toString()).toBe(back);
  });
});
