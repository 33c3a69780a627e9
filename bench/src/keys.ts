// Key pairs for the contenders, made afresh in each run.
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

export interface BenchKey {
  readonly kid: string;
  readonly alg: "RSA-OAEP-256" | "DHKEM-P256";
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly privatePem: string;
  readonly publicPem: string;
}

/** An RSA key of `bits`, or a P-256 key. */
export function newKey(kind: 2048 | 3072 | 4096 | "P-256"): BenchKey {
  const { privateKey } =
    kind === "P-256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: kind });
  const publicKey = createPublicKey(privateKey);
  return {
    kid: "pii-1",
    alg: kind === "P-256" ? "DHKEM-P256" : "RSA-OAEP-256",
    privateKey,
    publicKey,
    privatePem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    publicPem: publicKey.export({ format: "pem", type: "spki" }) as string,
  };
}
