import { createPrivateKey, createPublicKey, publicEncrypt, webcrypto } from "node:crypto";
import { CompactEncrypt, importSPKI } from "jose";
import forge from "node-forge";
import { describe, expect, it } from "vitest";
import { type Action, type Policy, parseSelector } from "../../packages/core/src/policy/index.ts";
import { createDecryptor, type DecryptorOptions, type DirectPair, pemKeys } from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, form, json, p256Pair, pii, policy, rsaPair, textOf } from "./fixtures.ts";
import { ctxOf, type JweInput, jweOf } from "./seal-jwe.ts";
import { oaep, sealUnder, wrapP256, wrapRsa } from "./seal-native.ts";

const big = rsaPair(4096);
const ec = p256Pair();
const keys = pemKeys({ "pii-1": pii.privateKey, "big-1": big.privateKey, "ec-1": ec.privateKey });
const context = { tenant: "acme" };
const body = (value: unknown): { bytes: Uint8Array; mediaType: string } => ({
  bytes: bytesOf(JSON.stringify(value)),
  mediaType: json,
});

describe("the direct format", () => {
  const pair: DirectPair = { prefix: "#E1#", suffix: "#1E#", fields: ["note"], kid: "pii-1" };
  const options: DecryptorOptions = { keys, direct: [pair] };
  const decryptor = createDecryptor(options);
  const marked = (bytes: Uint8Array): string => `#E1#${Buffer.from(bytes).toString("base64")}#1E#`;
  const wrap = (value: string | Uint8Array): string =>
    marked(publicEncrypt({ key: pii.publicKey, ...oaep }, Buffer.from(value)));
  const text = 'ein "Wörtchen" \\ &=+';
  const open = (value: unknown, expected: Record<string, string> = { note: "$.note" }): Promise<Uint8Array> =>
    decryptor.decryptBody({ ...body(value), expect: expected });

  it("opens what node-forge wrote", async () => {
    const key = forge.pki.publicKeyFromPem(pii.publicKey);
    const md = forge.md.sha256.create();
    const raw = key.encrypt(forge.util.encodeUtf8(text), "RSA-OAEP", { md, mgf1: { md: forge.md.sha256.create() } });
    expect(JSON.parse(textOf(await open({ note: marked(Buffer.from(raw, "binary")) })))).toEqual({ note: text });
  });

  it("opens what WebCrypto wrote, and escapes it for its container", async () => {
    const spki = createPublicKey(pii.publicKey).export({ format: "der", type: "spki" });
    const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
    const key = await webcrypto.subtle.importKey("spki", spki, algorithm, false, ["encrypt"]);
    const value = marked(new Uint8Array(await webcrypto.subtle.encrypt(algorithm, key, bytesOf(text))));
    expect(JSON.parse(textOf(await open({ note: value })))).toEqual({ note: text });
    const pairs = {
      bytes: bytesOf(`a=1&note=${encodeURIComponent(value)}`),
      mediaType: form,
      expect: { note: "$.note" },
    };
    const opened = textOf(await decryptor.decryptBody(pairs));
    expect(new URLSearchParams(opened).get("note")).toBe(text);
  });

  it("is found inside other text, and told as bound to nothing", async () => {
    const value = `before ${wrap("x")} and ${wrap("y")} after`;
    const [result] = await decryptor.decryptBodies([body({ note: value })]);
    expect("bytes" in result! && textOf(result.bytes)).toBe('{"note":"before x and y after"}');
    expect(result).toMatchObject({ fields: [{ format: "direct", binding: "none" }, { format: "direct" }] });
  });

  it("never shows what is no UTF-8: that could be a data key", async () => {
    const { dataKey, wrapped } = wrapRsa(pii.publicKey, new Uint8Array(32).fill(0xff));
    expect(dataKey[0]).toBe(0xff);
    expect(await codeOf(open({ note: marked(wrapped) }))).toBe("DECRYPTION_FAILED");
  });

  it("lends no value as a data key", async () => {
    const value = bytesOf("a value of thirty-two characters");
    const wrapped = publicEncrypt({ key: pii.publicKey, ...oaep }, value);
    const forged = sealUnder({ dataKey: value, wrapped }, '"x"', { kid: "pii-1", field: "note" });
    expect(await codeOf(open({ note: forged }))).toBe("DECRYPTION_FAILED");
    expect(textOf(await open({ note: marked(wrapped) }))).toBe('{"note":"a value of thirty-two characters"}');
  });

  it("opens at its field's places only; where a pair holds several fields, the place tells which", async () => {
    expect(await codeOf(open({ other: wrap("x") }))).toBe("ENVELOPE_MISPLACED");
    const several = createDecryptor({ keys, direct: [{ ...pair, fields: ["note", "memo"] }] });
    const both = body({ note: wrap("x"), memo: wrap("y") });
    const [result] = await several.decryptBodies([{ ...both, expect: { note: "$.note", memo: "$.memo" } }]);
    expect(result).toMatchObject({ fields: [{ field: "note" }, { field: "memo" }] });
    expect(await codeOf(several.decryptBody(both))).toBe("ENVELOPE_MISPLACED");
  });

  it("refuses base64 that is not canonical or has not the key's length", async () => {
    const inner = wrap("x").slice(4, -4);
    const others = [
      inner.slice(4),
      inner.replace("==", "="),
      inner.replaceAll("=", ""),
      `${inner.slice(0, -3)}B==`,
      "A".repeat(100),
    ];
    for (const other of others.filter((one) => one !== inner)) {
      expect(await codeOf(open({ note: `#E1#${other}#1E#` })), other.slice(-4)).toBe("ENVELOPE_MALFORMED");
    }
    const long = publicEncrypt({ key: big.publicKey, ...oaep }, Buffer.from("x"));
    expect(await codeOf(open({ note: marked(long) }))).toBe("ENVELOPE_MALFORMED");
    const longText = `#E1# is no value ${"x".repeat(60)}`;
    expect(textOf(await open({ note: longText }))).toBe(JSON.stringify({ note: longText }));
  });

  it.each([
    ["a short prefix", { ...pair, prefix: "#1" }],
    ["a quote", { ...pair, suffix: '#"#' }],
    ["a space", { ...pair, suffix: "# #" }],
    ["a prefix that ends in base64", { ...pair, prefix: "#E1" }],
    ["a suffix that begins in base64", { ...pair, suffix: "1E#" }],
    ["a suffix inside the prefix", { ...pair, suffix: "E1#" }],
    ["no field", { ...pair, fields: [] }],
  ])("refuses %s when it is set up", (_, wrong) => {
    const make = (): unknown => createDecryptor({ keys, direct: [wrong] });
    expect(make).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("refuses pairs that hold each other", () => {
    const make = (): unknown =>
      createDecryptor({ keys, direct: [pair, { ...pair, prefix: "##E1##", suffix: "#2E#" }] });
    expect(make).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("a policy that tells of direct values", () => {
  // The parser builds such policies where it supports the format; here their content is spelled out.
  const { keys: ring, routes } = policy;
  const key = { ...ring.get("pii-1")!, direct: [{ prefix: "#K1#", suffix: "#1K#", fields: ["note"] }] };
  const format = { name: "direct", prefix: "#E1#", suffix: "#1E#" };
  const written = { kind: "encrypt", key, format } as unknown as Action;
  const [route] = routes;
  const query = parseSelector("$.note");
  const rule = { name: "note", query, action: written, required: false, pointer: "" };
  const told = {
    ...policy,
    keys: new Map([...ring, ["pii-1", key]]),
    routes: [{ ...route!, fields: [...route!.fields, rule] }],
  } as Policy;
  const value = ([prefix, suffix]: readonly [string, string]): string =>
    `${prefix}${publicEncrypt({ key: pii.publicKey, ...oaep }, Buffer.from("x")).toString("base64")}${suffix}`;

  it("opens the pairs at its keys and those that its rules write", async () => {
    const decryptor = createDecryptor({ keys });
    const pairs = [
      ["#K1#", "#1K#"],
      ["#E1#", "#1E#"],
    ] as const;
    for (const marks of pairs) {
      const opened = await decryptor.decryptBody({ ...body({ note: value(marks) }), expect: told });
      expect(textOf(opened)).toBe('{"note":"x"}');
      const misplaced = decryptor.decryptBody({ ...body({ ssn: value(marks) }), expect: told });
      expect(await codeOf(misplaced)).toBe("ENVELOPE_MISPLACED");
    }
  });

  it("lets a record hold as many data keys as the policy lets it hold fields, each having its own", async () => {
    const many = Array.from({ length: 40 }, (_, n) => ({
      ssn: sealUnder(wrapRsa(pii.publicKey), String(n), { kid: "pii-1", field: "ssn" }),
    }));
    const open = (expected: Policy): Promise<string | undefined> =>
      codeOf(createDecryptor({ keys }).decryptBody({ ...body(many), expect: expected }));
    expect(await open(policy)).toBe("TOO_MANY_DATA_KEYS");
    expect(await open(told)).toBeUndefined();
  });
});

describe("the jwe format", () => {
  const decryptor = createDecryptor({ keys });
  const header = { alg: "RSA-OAEP-256", enc: "A256GCM", kid: "pii-1", typ: "JWE", fld: "ssn", ctx: ctxOf(context) };
  const open = (jwe: string, given: Record<string, string> = context): Promise<string> =>
    decryptor.decryptField(jwe, { field: "ssn", context: given });
  const made = async (value: string, members: object = header): Promise<string> =>
    await new CompactEncrypt(bytesOf(value))
      .setProtectedHeader(members as never)
      .encrypt(await importSPKI(pii.publicKey, "RSA-OAEP-256"));

  it("opens what jose wrote, as text", async () => {
    expect(await open(await made('a "b" ë'))).toBe('a "b" ë');
    const jwe = await made('a "b" ë');
    const opened = await decryptor.decryptBody({ ...body({ ssn: jwe, note: `x ${jwe}.` }), context });
    expect(JSON.parse(textOf(opened))).toEqual({ ssn: 'a "b" ë', note: 'x a "b" ë.' });
  });

  it("opens a raw JSON value where its `typ` says so", async () => {
    const jwe = await made("1.0", { ...header, typ: "fs1-json" });
    const opened = await decryptor.decryptBody({ ...body({ ssn: jwe }), context, expect: { ssn: "$.ssn" } });
    expect(textOf(opened)).toBe('{"ssn":1.0}');
    expect(await codeOf(open(await made("1.0, 2", { ...header, typ: "fs1-json" })))).toBe("DECRYPTION_FAILED");
  });

  it("opens at its field's places and under its context only", async () => {
    const jwe = await made("x");
    expect(await codeOf(open(jwe, { tenant: "evil" }))).toBe("DECRYPTION_FAILED");
    expect(await codeOf(decryptor.decryptField(jwe, { field: "email", context }))).toBe("ENVELOPE_MISPLACED");
  });

  it("leaves JWEs and JWTs of others alone", async () => {
    const others = {
      jwe: await made("x", { ...header, kid: "theirs" }),
      jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
    };
    expect(JSON.parse(textOf(await decryptor.decryptBody(body(others))))).toEqual(others);
  });

  const text = (members: object): string => JSON.stringify(members);
  it.each([
    ["zip", text({ ...header, zip: "DEF" }), "ENVELOPE_MALFORMED"],
    ["crit", text({ ...header, crit: ["exp"] }), "ENVELOPE_MALFORMED"],
    ["jwk", text({ ...header, jwk: { kty: "oct" } }), "ENVELOPE_MALFORMED"],
    ["jku", text({ ...header, jku: "https://example.com" }), "ENVELOPE_MALFORMED"],
    ["x5u", text({ ...header, x5u: "https://example.com" }), "ENVELOPE_MALFORMED"],
    ["x5c", text({ ...header, x5c: [] }), "ENVELOPE_MALFORMED"],
    ["an unknown member", text({ ...header, foo: "x" }), "ENVELOPE_MALFORMED"],
    ["white space", text(header).replaceAll(":", ": "), "ENVELOPE_MALFORMED"],
    ["a member twice", text(header).replace("{", '{"kid":"pii-1",'), "ENVELOPE_MALFORMED"],
    ["a missing member", text({ ...header, ctx: undefined }), "ENVELOPE_MALFORMED"],
    ["a field that is no name", text({ ...header, fld: "a b" }), "ENVELOPE_MALFORMED"],
    ["another alg", text({ ...header, alg: "RSA-OAEP" }), "ENVELOPE_ALG_MISMATCH"],
    ["another enc", text({ ...header, enc: "A128GCM" }), "ENVELOPE_ALG_MISMATCH"],
    ["a key of another algorithm", text({ ...header, kid: "ec-1" }), "ENVELOPE_ALG_MISMATCH"],
    ["a key of another length", text({ ...header, kid: "big-1" }), "ENVELOPE_MALFORMED"],
  ])("refuses %s, before any key is used", async (_, headerText, code) => {
    const input: JweInput = { kid: "pii-1", field: "ssn", context, header: headerText };
    expect(await codeOf(open(jweOf(wrapRsa(pii.publicKey), "x", input)))).toBe(code);
  });
});

describe("envelopes under P-256", () => {
  const input = { kid: "ec-1", field: "ssn", alg: "DHKEM-P256", context } as const;

  it("open with a PEM key, SEC 1 or PKCS#8, encrypted or not", async () => {
    const envelope = sealUnder(wrapP256(ec.publicKey), '"x"', input);
    const key = createPrivateKey(ec.privateKey);
    const cipher = { cipher: "aes-256-cbc", passphrase: "open sesame" };
    const pems = [
      ec.privateKey,
      key.export({ format: "pem", type: "sec1" }) as string,
      { pem: key.export({ format: "pem", type: "pkcs8", ...cipher }) as string, passphrase: cipher.passphrase },
    ];
    for (const pem of pems) {
      const decryptor = createDecryptor({ keys: pemKeys({ "ec-1": pem }) });
      expect(await decryptor.decryptField(envelope, { field: "ssn", context })).toBe("x");
    }
    expect(envelope.length).toBeLessThan(180);
  });

  it("do not open as RSA, nor RSA envelopes under P-256", async () => {
    const decryptor = createDecryptor({ keys });
    const renamed = sealUnder(wrapP256(ec.publicKey), '"x"', input).replace(".ec-1.", ".pii-1.");
    expect(await codeOf(decryptor.decryptField(renamed, { field: "ssn", context }))).toBe("ENVELOPE_ALG_MISMATCH");
  });
});
