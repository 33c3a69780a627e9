// The formats and data keys that rules and keys can ask for, opened by others' implementations where there are any.
import { Buffer } from "node:buffer";
import { createECDH, ECDH, generateKeyPairSync, hkdfSync, webcrypto } from "node:crypto";
import { compactDecrypt } from "jose";
import forge from "node-forge";
import { describe, expect, it, vi } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { keys, privateKeys } from "../../../test/fixtures/sealing-policy.ts";
import { encryptBodySync, FieldsealError, parsePolicy } from "./index.ts";

const json = "application/json";
const pair = { prefix: "#E1#", suffix: "#1E#" };
const rule = (more: object): object => ({ name: "note", select: "$.note", action: "encrypt", key: "pii-1", ...more });
const direct = (more: object = {}): object => rule({ format: "direct", ...pair, ...more });

function policyOf(fields: readonly object[], more: object = {}): ReturnType<typeof parsePolicy> {
  return parsePolicy({ version: 1, id: "formats", keys: { ...keys, ...more }, routes: [{ path: "/**", fields }] });
}

function sealText(fields: readonly object[], text: string, mediaType = json, more: object = {}): string {
  return Buffer.from(encryptBodySync({ bytes: Buffer.from(text), mediaType }, policyOf(fields, more))).toString();
}

function codeOf(run: () => unknown): unknown {
  try {
    run();
    return "no error";
  } catch (error) {
    return error instanceof FieldsealError ? error.code : error;
  }
}

describe("the direct format", () => {
  const open = async (value: string): Promise<string> => {
    const sealed = Buffer.from(value.slice(pair.prefix.length, -pair.suffix.length), "base64");
    const pkcs8 = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
    const byForge = forge.pki.privateKeyFromPem(pkcs8).decrypt(sealed.toString("latin1"), "RSA-OAEP", {
      md: forge.md.sha256.create(),
      mgf1: { md: forge.md.sha256.create() },
    });
    const der = privateKeys.get("pii-1")!.export({ format: "der", type: "pkcs8" });
    const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
    const key = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["decrypt"]);
    const byWebCrypto = Buffer.from(await webcrypto.subtle.decrypt({ name: "RSA-OAEP" }, key, sealed));
    expect(Buffer.from(byForge, "latin1")).toEqual(byWebCrypto);
    return byWebCrypto.toString();
  };

  it("opens with node-forge and with WebCrypto, to the decoded text", async () => {
    const { note } = JSON.parse(sealText([direct()], '{"note":"caf\\u00e9 \\"x\\""}')) as { note: string };
    expect(note.startsWith(pair.prefix) && note.endsWith(pair.suffix)).toBe(true);
    expect(await open(note)).toBe('café "x"');
    expect(await open((JSON.parse(sealText([direct()], '{"note":12.50}')) as { note: string }).note)).toBe("12.50");
  });

  it("is percent-encoded in forms, since base64 is not form-safe", async () => {
    const out = sealText([direct()], "note=a%2Bb&x=1", "application/x-www-form-urlencoded");
    expect(out).toMatch(/^note=[A-Za-z0-9%*._-]+&x=1$/);
    expect(await open(new URLSearchParams(out).get("note")!)).toBe("a+b");
  });

  it("takes 190 bytes and refuses 191, or seals them natively where the rule says so", () => {
    const body = (length: number): string => `{"note":"${"x".repeat(length)}"}`;
    expect(codeOf(() => sealText([direct()], body(190)))).toBe("no error");
    expect(codeOf(() => sealText([direct()], body(191)))).toBe("DIRECT_VALUE_TOO_LONG");
    expect(sealText([direct({ onTooLong: "native" })], body(191))).toContain('"fs1.r.pii-1.note.');
  });

  it("refuses text that is not well-formed, which could be a data key", () => {
    expect(codeOf(() => sealText([direct()], '{"note":"\\ud800"}'))).toBe("FIELD_SHAPE_MISMATCH");
  });

  it("is looked for in what arrives", () => {
    const body = `{"x":"${pair.prefix}${"A".repeat(60)}${pair.suffix}"}`;
    expect(codeOf(() => sealText([direct()], body))).toBe("FOREIGN_ENVELOPE");
    expect(codeOf(() => sealText([rule({})], body))).toBe("no error");
  });

  it.each([
    ["a prefix too short", { prefix: "##" }],
    ["a prefix that ends like base64", { prefix: "##A" }],
    ["a suffix that begins like base64", { suffix: "A##" }],
    ["a quote", { prefix: '#"#' }],
    ["a percent sign", { prefix: "#%#" }],
    ["a space", { suffix: "# #" }],
    ["a suffix that is the prefix", { suffix: "#E1#" }],
    ["no prefix", { prefix: undefined }],
  ])("is refused at load with %s", (_, marks) => {
    const document = JSON.parse(JSON.stringify(direct(marks))) as object;
    expect(codeOf(() => policyOf([document]))).toBe("POLICY_INVALID");
  });

  it("is refused at load where a pair stands for two fields, or its marks are part of another's", () => {
    const other = { name: "other", select: "$.other" };
    expect(codeOf(() => policyOf([direct(), direct(other)]))).toBe("POLICY_INVALID");
    expect(codeOf(() => policyOf([direct(), direct({ ...other, prefix: "!#E1#", suffix: "#2E#" })]))).toBe(
      "POLICY_INVALID",
    );
    expect(codeOf(() => policyOf([direct(), direct({ ...other, prefix: "#E2#", suffix: "#2E#" })]))).toBe("no error");
  });
});

describe("the jwe format", () => {
  it("opens with jose: exact header, raw value", async () => {
    const fields = [rule({ format: "jwe" }), rule({ name: "age", select: "$.age", format: "jwe" })];
    const out = JSON.parse(sealText(fields, '{"note":"caf\\u00e9","age":1.0}')) as { note: string; age: string };
    const opened = await compactDecrypt(out.note, privateKeys.get("pii-1")!);
    expect(Buffer.from(opened.plaintext).toString()).toBe('"caf\\u00e9"');
    const noContext = Buffer.from(await webcrypto.subtle.digest("SHA-256", Uint8Array.of(0, 0)));
    expect(opened.protectedHeader).toEqual({
      ...{ alg: "RSA-OAEP-256", enc: "A256GCM", kid: "pii-1", typ: "fs1-json", fld: "note" },
      ctx: noContext.toString("base64url"),
    });
    expect(Buffer.from((await compactDecrypt(out.age, privateKeys.get("pii-1")!)).plaintext).toString()).toBe("1.0");
    expect(out.note.split(".")[1]).toBe(out.age.split(".")[1]);
  });

  it("is looked for in what arrives, where its header names a key of the ring", () => {
    const header = (kid: string): string => Buffer.from(JSON.stringify({ alg: "x", kid })).toString("base64url");
    const body = (kid: string): string => `{"x":"${header(kid)}.${"A".repeat(40)}.AAAA.AAAA.AAAA"}`;
    expect(codeOf(() => sealText([rule({})], body("pci-1")))).toBe("FOREIGN_ENVELOPE");
    expect(codeOf(() => sealText([rule({})], body("somebody-else")))).toBe("no error");
  });

  it("needs an RSA key", () => {
    expect(codeOf(() => policyOf([rule({ format: "jwe", key: "ec" })], ecKey().ring))).toBe("POLICY_INVALID");
  });
});

function ecKey(): { ring: object; privateScalar: Buffer; point: Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = privateKey.export({ format: "jwk" });
  const ring = { ec: { alg: "DHKEM-P256", publicKey: publicKey.export({ format: "pem", type: "spki" }) } };
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-65);
  return { ring, privateScalar: Buffer.from(jwk.d!, "base64url"), point };
}

describe("keys of alg DHKEM-P256", () => {
  it("seal under the shared secret of RFC 9180's KEM, in about 140 characters", async () => {
    const { ring, privateScalar, point } = ecKey();
    const { note } = JSON.parse(sealText([rule({ key: "ec" })], '{"note":"078-05-1120"}', json, ring)) as {
      note: string;
    };
    expect(note.length).toBeLessThan(170);
    const [, alg, , , wrapped = "", sealed = ""] = note.split(".");
    expect(alg).toBe("e");
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(privateScalar);
    const ephemeral = Buffer.from(wrapped, "base64url");
    const uncompressed = ECDH.convertKey(ephemeral, "prime256v1", undefined, undefined, "uncompressed") as Buffer;
    const suite = Buffer.concat([Buffer.from("KEM"), Buffer.of(0, 0x10)]);
    const label = (text: string): Buffer => Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(text)]);
    const ikm = Buffer.concat([label("eae_prk"), ecdh.computeSecret(ephemeral)]);
    const info = Buffer.concat([Buffer.of(0, 32), label("shared_secret"), uncompressed, point]);
    const secret = Buffer.from(hkdfSync("sha256", ikm, Buffer.alloc(0), info, 32));
    const bytes = Buffer.from(sealed, "base64url");
    const header = Buffer.from(note.slice(0, note.length - sealed.length - 3));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(header.length);
    const key = await webcrypto.subtle.importKey("raw", secret, "AES-GCM", false, ["decrypt"]);
    const additionalData = Buffer.concat([length, header, Buffer.of(0, 0)]);
    const parameters = { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData };
    const framed = Buffer.from(await webcrypto.subtle.decrypt(parameters, key, bytes.subarray(12)));
    expect(framed.subarray(1, framed.lastIndexOf(0x80)).toString()).toBe('"078-05-1120"');
  });
});

describe("data keys", () => {
  const wrappedOf = (text: string): string[] => openAll(Buffer.from(text), privateKeys).map(({ wrapped }) => wrapped);
  const two = '{"note":1,"other":2}';
  const other = { name: "other", select: "$.other" };

  it("are one for each request and key", () => {
    const [a, b] = wrappedOf(sealText([rule({}), rule(other)], two));
    const [c, d] = wrappedOf(sealText([rule({}), rule({ ...other, key: "pci-1" })], two));
    expect(a).toBe(b);
    expect(new Set([a, c, d]).size).toBe(3);
  });

  it("are one for each value where the rule says so", () => {
    const body = '{"note":[1,2,3],"other":4}';
    const fields = [rule({ select: "$.note[*]", dataKey: "field" }), rule(other)];
    expect(new Set(wrappedOf(sealText(fields, body))).size).toBe(4);
  });

  it("never repeat an iv", () => {
    const body = `{"note":[${Array.from({ length: 500 }, (_, index) => index)}]}`;
    const opened = openAll(Buffer.from(sealText([rule({ select: "$.note[*]" })], body)), privateKeys);
    expect(new Set(opened.map(({ iv }) => iv)).size).toBe(500);
  });

  describe("serve several requests only where the key says so", () => {
    const reusing = (reuse: object, context: object = {}): ReturnType<typeof parsePolicy> => {
      const ring = { ...keys, "pii-1": { ...keys["pii-1"], reuse } };
      return parsePolicy({ version: 1, id: "r", keys: ring, routes: [{ path: "/**", context, fields: [rule({})] }] });
    };
    const wrap = (policy: ReturnType<typeof parsePolicy>, context: Record<string, string> = {}, note = "1"): string => {
      const bytes = encryptBodySync({ bytes: Buffer.from(`{"note":${note}}`), mediaType: json, context }, policy);
      return Buffer.from(bytes).toString().split(".")[4]!;
    };

    it("and no longer than maxAge, by the wall clock, also where it goes back", () => {
      vi.useFakeTimers({ now: 1_000_000, toFake: ["Date"] });
      try {
        const policy = reusing({ maxAge: 10 });
        const first = wrap(policy);
        vi.setSystemTime(1_009_999);
        expect(wrap(policy)).toBe(first);
        vi.setSystemTime(1_010_000);
        const second = wrap(policy);
        expect(second).not.toBe(first);
        vi.setSystemTime(1_000_000);
        expect(wrap(policy)).not.toBe(second);
      } finally {
        vi.useRealTimers();
      }
    });

    it("and for no more than maxMessages and maxBytes", () => {
      const byCount = reusing({ maxAge: 100, maxMessages: 2 });
      expect(new Set([1, 2, 3, 4, 5].map(() => wrap(byCount))).size).toBe(3);
      const byBytes = reusing({ maxAge: 100, maxBytes: 10 });
      expect(new Set([1, 2, 3].map(() => wrap(byBytes, {}, "12345"))).size).toBe(2);
    });

    it("and never across contexts", () => {
      const policy = reusing({ maxAge: 100 }, { tenant: { header: "x-tenant" } });
      const [a, b, again] = ["a", "b", "a"].map((tenant) => wrap(policy, { tenant }));
      expect(a).not.toBe(b);
      expect(again).toBe(a);
    });

    it("and across media types, each value as its own grammar spells it", () => {
      const policy = reusing({ maxAge: 100 });
      const opened = (text: string, mediaType: string): string[] =>
        openAll(encryptBodySync({ bytes: Buffer.from(text), mediaType }, policy), privateKeys).map(
          ({ kind, value }) => `${kind} ${value}`,
        );
      for (let round = 0; round < 2; round++) {
        expect(opened('{"note":"a b"}', json)).toEqual(['1 "a b"']);
        expect(opened("note=a+b", "application/x-www-form-urlencoded")).toEqual(["2 a+b"]);
      }
    });
  });
});
