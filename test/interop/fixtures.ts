// Keys, a policy and both halves of the product, for tests that seal with one package and open with the other.
import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { createDecryptor, type Decryptor, type DecryptorOptions, pemKeys } from "../../packages/decrypt/src/index.ts";
import { encryptBody, type Policy, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";

export interface PemPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

export function rsaPair(modulusLength: number): PemPair {
  return pemPair(generateKeyPairSync("rsa", { modulusLength }));
}

export function p256Pair(): PemPair {
  return pemPair(generateKeyPairSync("ec", { namedCurve: "P-256" }));
}

function pemPair({ publicKey, privateKey }: KeyPairKeyObjectResult): PemPair {
  return {
    publicKey: publicKey.export({ format: "pem", type: "spki" }) as string,
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
  };
}

export const pii: PemPair = rsaPair(2048);
export const pci: PemPair = rsaPair(3072);

/** Two fields under one key, one under another. */
export const policy: Policy = parsePolicy({
  version: 1,
  id: "interop",
  keys: {
    "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey },
    "pci-1": { alg: "RSA-OAEP-256", publicKey: pci.publicKey },
  },
  routes: [
    {
      path: "/**",
      fields: [
        { name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1" },
        { name: "email", select: "$..email", action: "encrypt", key: "pii-1" },
        { name: "card", select: "$..card", action: "encrypt", key: "pci-1" },
      ],
      onNameVariant: "ignore",
      onShapeMismatch: "ignore",
      onForeignEnvelope: "allow",
    },
  ],
});

export const json = "application/json";
export const form = "application/x-www-form-urlencoded";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

export const sealed = async (
  text: string,
  { mediaType = json, context = {} }: { mediaType?: string; context?: Record<string, string> } = {},
): Promise<string> => textOf(await encryptBody({ bytes: bytesOf(text), mediaType, context }, policy));

export const pems: DecryptorOptions["keys"] = pemKeys({ "pii-1": pii.privateKey, "pci-1": pci.privateKey });

export const decryptorOf = (options: Partial<DecryptorOptions> = {}): Decryptor =>
  createDecryptor({ keys: pems, ...options });

/** The `code` of the error that a promise is rejected with; undefined where it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code !== "string") throw error;
    return code;
  }
}
