import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
} from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { DataKey } from "@fieldseal/core/envelope";
import { describe, expect, it } from "vitest";
import { opening, unwrapRsaOaep256 } from "../../../test/crypto/node-primitives.ts";
import { sealPrimitives } from "./primitives.ts";

interface Vectors<Group> {
  readonly numberOfTests: number;
  readonly testGroups: readonly Group[];
}

interface OaepGroup {
  readonly keySize: number;
  readonly mgfSha: string;
  readonly privateKeyPem: string;
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly ct: string;
    readonly label: string;
    readonly result: "valid" | "invalid";
  }[];
}

interface GcmGroup {
  readonly ivSize: number;
  readonly keySize: number;
  readonly tagSize: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly key: string;
    readonly iv: string;
    readonly aad: string;
    readonly msg: string;
    readonly ct: string;
    readonly tag: string;
    readonly result: "valid" | "invalid";
  }[];
}

const folder = path.resolve(import.meta.dirname, "../../../vendor/vectors/wycheproof");
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hexOf = (value: Uint8Array | null): string | null => value && Buffer.from(value).toString("hex");

/** Reads a file of vectors. A missing one fails, and so does one that holds less than it says. */
function read<Group extends { readonly tests: readonly unknown[] }>(name: string): readonly Group[] {
  const file = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Vectors<Group>;
  const count = file.testGroups.reduce((sum, group) => sum + group.tests.length, 0);
  expect(count).toBe(file.numberOfTests);
  expect(count).toBeGreaterThan(30);
  return file.testGroups;
}

function sealGcm(key: string, iv: string, aad: string, msg: string): string {
  const out = new Uint8Array(3 + msg.length / 2 + 16).fill(0x2a);
  const sealingKey = sealPrimitives.importSealingKey(bytes(key) as DataKey);
  sealPrimitives.sealAesGcm(sealingKey, bytes(iv), bytes(aad), bytes(msg), out, 3);
  expect(hexOf(out.subarray(0, 3))).toBe("2a2a2a");
  return hexOf(out.subarray(3))!;
}

describe("AES-256-GCM with 96-bit iv and 128-bit tag (Wycheproof)", () => {
  const groups = read<GcmGroup>("aes_gcm_test.json");
  const tests = groups
    .filter(({ ivSize, keySize, tagSize }) => ivSize === 96 && keySize === 256 && tagSize === 128)
    .flatMap((group) => group.tests);

  it("has vectors of both results", () => {
    expect(tests.filter(({ result }) => result === "valid")).toHaveLength(39);
    expect(tests.filter(({ result }) => result === "invalid")).toHaveLength(27);
  });

  it.each(tests.map((test) => [test.tcId, test.result, test] as const))(
    "agrees with vector %i (%s)",
    (_, result, test) => {
      const { key, iv, aad, msg, ct, tag } = test;
      const opened = opening.openAesGcm(bytes(key) as DataKey, bytes(iv), bytes(aad), bytes(ct + tag));
      expect(hexOf(opened)).toBe(result === "valid" ? msg : null);
      expect(sealGcm(key, iv, aad, msg) === ct + tag).toBe(result === "valid");
    },
  );
});

describe.each([2048, 3072, 4096])("RSAES-OAEP with SHA-256 and MGF1-SHA-256, %i bits (Wycheproof)", (bits) => {
  const [group, ...others] = read<OaepGroup>(`rsa_oaep_${bits}_sha256_mgf1sha256_test.json`);
  const { keySize, mgfSha, privateKeyPem, tests } = group!;
  const privateKey = createPrivateKey(privateKeyPem);
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });

  it("has one key and vectors of both results", () => {
    expect({ others, keySize, mgfSha }).toEqual({ others: [], keySize: bits, mgfSha: "SHA-256" });
    expect(tests.filter(({ result }) => result === "valid")).toHaveLength(18);
    expect(tests.filter(({ result }) => result === "invalid")).toHaveLength(19);
  });

  it.each(tests.map((test) => [test.tcId, test.result, test] as const))(
    "agrees with vector %i (%s)",
    (_, result, test) => {
      const { msg, ct, label } = test;
      // The wire format has no label: ciphertext under one is refused like any other that does not open.
      const opens = result === "valid" && label === "";
      expect(hexOf(unwrapRsaOaep256(privateKey, bytes(ct)))).toBe(opens ? msg : null);
      if (label !== "") expect(hexOf(decryptWithLabel(privateKey, bytes(ct), bytes(label)))).toBe(msg);
    },
  );

  it("wraps what every valid vector holds so that it opens again, to as many bytes as the modulus has", () => {
    const wrappingKey = sealPrimitives.importWrappingKey(spki);
    for (const { msg } of tests.filter(({ result }) => result === "valid")) {
      const wrapped = sealPrimitives.sealRsaOaep256(wrappingKey, bytes(msg));
      expect(wrapped).toHaveLength(bits / 8);
      expect(hexOf(unwrapRsaOaep256(privateKey, wrapped))).toBe(msg);
    }
  });
});

describe("RSAES-OAEP with SHA-256 and MGF1-SHA-1 (Wycheproof)", () => {
  const [group] = read<OaepGroup>("rsa_oaep_2048_sha256_mgf1sha1_test.json");
  const { mgfSha, privateKeyPem, tests } = group!;

  it.each(tests.map((test) => [test.tcId, test] as const))("is refused: vector %i", (_, { ct }) => {
    expect(mgfSha).toBe("SHA-1");
    expect(unwrapRsaOaep256(createPrivateKey(privateKeyPem), bytes(ct))).toBeNull();
  });
});

describe("the other sealing primitives", () => {
  it("hash with SHA-256 (FIPS 180-4, the one-block example)", () => {
    expect(hexOf(sealPrimitives.sha256(new TextEncoder().encode("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("fill all of the bytes that they are given, differently each time", () => {
    const draw = (): string => {
      const random = new Uint8Array(64);
      sealPrimitives.randomFill(random.subarray(16, 48));
      expect(hexOf(random.subarray(0, 16))! + hexOf(random.subarray(48))!).toBe("0".repeat(64));
      return hexOf(random.subarray(16, 48))!;
    };
    expect(draw()).not.toBe(draw());
  });

  it.each([
    ["ASCII", "6162", true],
    ["four bytes", "f09f9880", true],
    ["a noncharacter", "efbfbf", true],
    ["an overlong zero", "c080", false],
    ["a surrogate", "eda080", false],
    ["a code point above U+10FFFF", "f4908080", false],
    ["a cut sequence", "e282", false],
    ["a lone continuation byte", "80", false],
  ])("tell UTF-8 from what is none: %s", (_, hex, expected) => {
    expect(sealPrimitives.isUtf8(bytes(hex))).toBe(expected);
  });

  it("leave the stack traces of errors as they were, also where wrapping fails", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = sealPrimitives.importWrappingKey(publicKey.export({ format: "der", type: "spki" }));
    const { stackTraceLimit } = Error;
    sealPrimitives.sealRsaOaep256(key, new Uint8Array(32));
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    expect(() => sealPrimitives.sealRsaOaep256(key, new Uint8Array(300))).toThrow();
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it("copy a range to its place, an empty one too", () => {
    const target = new Uint8Array(6);
    sealPrimitives.copy(bytes("0102030405"), 1, 4, target, 2);
    sealPrimitives.copy(bytes("0102030405"), 2, 2, target, 0);
    expect(hexOf(target)).toBe("000002030400");
    expect(sealPrimitives.allocate(7)).toHaveLength(7);
  });
});

function decryptWithLabel(key: KeyObject, ciphertext: Uint8Array, label: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return privateDecrypt({ key, padding, oaepHash: "sha256", oaepLabel: label }, ciphertext);
}
