// Makes key material: drawn from the seed where it is symmetric, generated or imported where it is a pair. Computes only.
import { createHmac, createPrivateKey, createPublicKey, generateKeyPair, hkdfSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { EmulatorError } from "../emulator-error.ts";
import type { KeyMaterial } from "./key.ts";
import { type KeySpecRow, keySpecs } from "./key-spec.ts";

const generatePair = promisify(generateKeyPair);

/** Material for a new key; secrets follow from seed and key id, so replicas of an `mrk-` key share them. */
export async function createMaterial(spec: KeySpecRow, seed: string, keyId: string): Promise<KeyMaterial> {
  switch (spec.kind) {
    case "rsa":
      return pair((await generatePair("rsa", { modulusLength: spec.modulusBits })).privateKey);
    case "ec":
      return pair((await generatePair("ec", { namedCurve: spec.curve })).privateKey);
    default:
      return { kind: "secret", bytes: Buffer.from(hkdfSync("sha256", seed, keyId, spec.name, spec.bytes)) };
  }
}

/** Reads a PEM private key and finds the spec that it fits. @throws CONFIG_INVALID */
export function importMaterial(privateKeyPem: string): { spec: KeySpecRow; material: KeyMaterial } {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKeyPem);
  } catch {
    throw new EmulatorError("CONFIG_INVALID", "privateKeyPem is not an unencrypted PEM private key");
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const spec = keySpecs.find(
    (row) =>
      (row.kind === "rsa" && key.asymmetricKeyType === "rsa" && row.modulusBits === modulusLength) ||
      (row.kind === "ec" && row.curve === namedCurve),
  );
  if (spec === undefined) throw new EmulatorError("CONFIG_INVALID", "KMS has no key spec for this private key");
  return { spec, material: pair(key) };
}

/** A key id that follows from the seed: a version 4 UUID, or `mrk-` and 32 hexadecimal digits. */
export function deriveKeyId(seed: string, index: number, multiRegion: boolean): string {
  const digest = createHmac("sha256", seed).update(`key-id:${index}`).digest().subarray(0, 16);
  if (multiRegion) return `mrk-${digest.toString("hex")}`;
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x40, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function pair(privateKey: KeyObject): KeyMaterial {
  const publicKeyDer = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { kind: "pair", privateKey, publicKeyDer };
}
