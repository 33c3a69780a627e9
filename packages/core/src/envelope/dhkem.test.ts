import {
  createECDH,
  createPrivateKey as createPrivateKeyOf,
  createPublicKey,
  diffieHellman,
  ECDH,
  generateKeyPairSync,
  hkdfSync,
} from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { dhkemSharedSecret } from "./dhkem.ts";
import { compressPoint, pointOfSpki, spkiOfPoint } from "./p256-point.ts";
import type { KdfPrimitives } from "./primitives.ts";

const primitives: KdfPrimitives = {
  hkdfSha256: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", secret, salt, info, length)),
};
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const vendored = path.resolve(import.meta.dirname, "../../../../vendor/vectors/wycheproof");

interface Suite<Test> {
  readonly testGroups: readonly { readonly tests: readonly Test[] }[];
}
const testsOf = <Test>(name: string): Test[] => {
  const suite = JSON.parse(readFileSync(path.join(vendored, name), "utf8")) as Suite<Test>;
  return suite.testGroups.flatMap((group) => group.tests);
};

// RFC 9180, appendix A.3.1.
const pkEm =
  "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4";
const skEm = "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb";
const pkRm =
  "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0";
const skRm = "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2";
const sharedSecret = "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8";

const dhOf = (privateKey: string, publicKey: string): Uint8Array => {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(hex(privateKey));
  return ecdh.computeSecret(hex(publicKey));
};

describe("the KEM's shared secret", () => {
  it.each([
    ["sender", skEm, pkRm],
    ["recipient", skRm, pkEm],
  ])("is that of RFC 9180 A.3.1, on the side of the %s", (_, own, other) => {
    const input = { dh: dhOf(own, other), ephemeral: hex(pkEm), recipient: hex(pkRm) };
    expect(Buffer.from(dhkemSharedSecret(input, primitives)).toString("hex")).toBe(sharedSecret);
  });

  it("is another one where any of its three inputs is another", () => {
    const input = { dh: dhOf(skEm, pkRm), ephemeral: hex(pkEm), recipient: hex(pkRm) };
    for (const name of ["dh", "ephemeral", "recipient"] as const) {
      const changed = input[name].slice();
      changed[changed.length - 1]! ^= 1;
      const secret = dhkemSharedSecret({ ...input, [name]: changed }, primitives);
      expect(Buffer.from(secret).toString("hex")).not.toBe(sharedSecret);
    }
  });
});

describe("points", () => {
  it("are compressed as the platform decompresses them", () => {
    for (let i = 0; i < 16; i++) {
      const spki = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "der", type: "spki" });
      const point = pointOfSpki(spki)!;
      expect(ECDH.convertKey(compressPoint(point), "prime256v1", undefined, undefined, "uncompressed")).toEqual(
        Buffer.from(point),
      );
      expect(spkiOfPoint(point)).toEqual(new Uint8Array(spki));
    }
  });

  it("are not read from keys of other curves and algorithms", () => {
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    for (const key of [p384, rsa]) expect(pointOfSpki(key.export({ format: "der", type: "spki" }))).toBeNull();
  });
});

describe("the platform's primitives", () => {
  interface HkdfTest {
    readonly tcId: number;
    readonly ikm: string;
    readonly salt: string;
    readonly info: string;
    readonly size: number;
    readonly okm: string;
    readonly result: "valid" | "invalid";
  }
  it("agree with Wycheproof on HKDF-SHA256", () => {
    const tests = testsOf<HkdfTest>("hkdf_sha256_test.json");
    expect(tests.length).toBeGreaterThan(50);
    for (const { tcId, ikm, salt, info, size, okm, result } of tests) {
      const derive = (): Uint8Array => primitives.hkdfSha256(hex(ikm), hex(salt), hex(info), size);
      if (result === "invalid") expect(derive, `${tcId}`).toThrow();
      else expect(Buffer.from(derive()).toString("hex"), `${tcId}`).toBe(okm);
    }
  });

  interface EcdhTest {
    readonly tcId: number;
    readonly public: string;
    readonly private: string;
    readonly shared: string;
    readonly result: "valid" | "invalid" | "acceptable";
  }
  it("agree with Wycheproof on ECDH over P-256, for keys of exactly the form that pointOfSpki reads", () => {
    const tests = testsOf<EcdhTest>("ecdh_secp256r1_test.json");
    let agreed = 0;
    for (const test of tests) {
      const point = pointOfSpki(hex(test.public));
      if (point === null) continue;
      const scalar = hex(test.private.padStart(64, "0").slice(-64));
      const agree = (): Buffer => {
        const ecdh = createECDH("prime256v1");
        ecdh.setPrivateKey(scalar);
        const own = ecdh.getPublicKey();
        const d = Buffer.from(scalar).toString("base64url");
        const [x, y] = [own.subarray(1, 33).toString("base64url"), own.subarray(33).toString("base64url")];
        const privateKey = { key: { kty: "EC", crv: "P-256", d, x, y }, format: "jwk" } as const;
        const publicKey = createPublicKey({ key: Buffer.from(spkiOfPoint(point)), format: "der", type: "spki" });
        return diffieHellman({ privateKey: createPrivateKeyOf(privateKey), publicKey });
      };
      if (test.result === "valid") {
        expect(agree().toString("hex"), `${test.tcId}`).toBe(test.shared);
        agreed++;
      } else if (test.result === "invalid") {
        expect(agree, `${test.tcId}`).toThrow();
      }
    }
    expect(agreed).toBeGreaterThan(200);
  });
});
