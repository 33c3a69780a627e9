import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { refuseSecrets } from "./refuse-secrets.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const refused = (pointer: string): unknown => expect.objectContaining({ code: "SECRET_KEY_REFUSED", pointer });

describe("refuseSecrets", () => {
  it("lets public keys pass, in PEM and in bare base64", () => {
    for (const { publicKey } of [rsa, ec]) {
      const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
      const bare = publicKey.export({ format: "der", type: "spki" }).toString("base64");
      expect(() => refuseSecrets({ keys: { a: { publicKey: pem }, b: { publicKey: bare } } })).not.toThrow();
    }
  });

  it.each([
    ["PKCS#8", rsa.privateKey.export({ format: "der", type: "pkcs8" })],
    ["PKCS#1", rsa.privateKey.export({ format: "der", type: "pkcs1" })],
    ["SEC 1", ec.privateKey.export({ format: "der", type: "sec1" })],
    ["32 bytes", Buffer.alloc(32, 7)],
  ])("refuses %s in the place of a public key", (_, der) => {
    const document = { keys: { a: { publicKey: der.toString("base64") } } };
    expect(() => refuseSecrets(document)).toThrow(refused("/keys/a/publicKey") as Error);
  });

  it("refuses a private key without its PEM lines in any other place, and takes other long texts", () => {
    const text = ec.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
    expect(() => refuseSecrets({ routes: [{ context: { app: text } }] })).toThrow(
      refused("/routes/0/context/app") as Error,
    );
    expect(() =>
      refuseSecrets({ routes: [{ context: { app: "a text that is long enough to be one, and is none" } }] }),
    ).not.toThrow();
  });

  it.each(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])(
    "refuses PEM of %s anywhere",
    (label) => {
      expect(() => refuseSecrets({ a: [{ "b/c": `-----BEGIN ${label}-----\n` }] })).toThrow(
        refused("/a/0/b~1c") as Error,
      );
    },
  );
});
