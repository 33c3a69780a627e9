// The key specs that the emulator makes, one row each: usage, algorithms, sizes (KMS API reference, KeySpec). Pure.

/** Name of a key spec that the emulator supports. */
export type KeySpec =
  | "RSA_2048"
  | "RSA_3072"
  | "RSA_4096"
  | "ECC_NIST_P256"
  | "ECC_NIST_P384"
  | "ECC_NIST_P521"
  | "SYMMETRIC_DEFAULT"
  | "HMAC_224"
  | "HMAC_256"
  | "HMAC_384"
  | "HMAC_512";

/** What a key is for; the emulator does not sign. */
export type KeyUsage = "ENCRYPT_DECRYPT" | "KEY_AGREEMENT" | "GENERATE_VERIFY_MAC";

/** One key spec. */
export type KeySpecRow = {
  readonly name: KeySpec;
  readonly usage: KeyUsage;
  readonly algorithms: readonly string[];
} & (
  | { readonly kind: "rsa"; readonly modulusBits: number }
  | { readonly kind: "ec"; readonly curve: string }
  | { readonly kind: "symmetric"; readonly bytes: number }
  | { readonly kind: "hmac"; readonly bytes: number; readonly hash: string }
);

const oaep = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const;

/** All rows, in the order of the API reference. */
export const keySpecs: readonly KeySpecRow[] = [
  {
    kind: "symmetric",
    name: "SYMMETRIC_DEFAULT",
    usage: "ENCRYPT_DECRYPT",
    algorithms: ["SYMMETRIC_DEFAULT"],
    bytes: 32,
  },
  rsa("RSA_2048", 2048),
  rsa("RSA_3072", 3072),
  rsa("RSA_4096", 4096),
  ec("ECC_NIST_P256", "prime256v1"),
  ec("ECC_NIST_P384", "secp384r1"),
  ec("ECC_NIST_P521", "secp521r1"),
  hmac("HMAC_224", "sha224", 28),
  hmac("HMAC_256", "sha256", 32),
  hmac("HMAC_384", "sha384", 48),
  hmac("HMAC_512", "sha512", 64),
];

/** The row of a name. */
export function keySpecRow(name: string): KeySpecRow | undefined {
  return keySpecs.find((row) => row.name === name);
}

function rsa(name: KeySpec, modulusBits: number): KeySpecRow {
  return { kind: "rsa", name, usage: "ENCRYPT_DECRYPT", algorithms: oaep, modulusBits };
}

function ec(name: KeySpec, curve: string): KeySpecRow {
  return { kind: "ec", name, usage: "KEY_AGREEMENT", algorithms: ["ECDH"], curve };
}

function hmac(name: KeySpec, hash: string, bytes: number): KeySpecRow {
  const algorithm = `HMAC_SHA_${name.slice("HMAC_".length)}`;
  return { kind: "hmac", name, usage: "GENERATE_VERIFY_MAC", algorithms: [algorithm], hash, bytes };
}
