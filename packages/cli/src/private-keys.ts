// Where a command gets private keys from: PEM files, or AWS KMS. I/O.
import { createPrivateKey } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { type KeyProvider, pemKeys } from "@fieldseal/decrypt";
import type { KmsKey } from "@fieldseal/decrypt/kms";
import { readPassphrase, readText } from "./files.ts";
import type { KmsOptions } from "./kms-client.ts";
import type { Pairs } from "./option-pairs.ts";

export interface PrivateKeyOptions extends KmsOptions {
  readonly privateKey?: Pairs;
  readonly passphraseFile?: string;
  readonly kms?: boolean;
}

/** Private keys, and what ends their use. */
export interface PrivateKeys {
  readonly keys: KeyProvider;
  readonly close: () => void;
}

/** The keys of `--private-key`. @throws {FieldsealError} `FILE_UNREADABLE`, `PRIVATE_KEY_INVALID`. */
export async function keysInFiles({ privateKey = {}, passphraseFile }: PrivateKeyOptions): Promise<PrivateKeys> {
  const passphrase = passphraseFile === undefined ? null : await readPassphrase(passphraseFile);
  const pems: Record<string, string> = {};
  for (const [kid, file] of Object.entries(privateKey)) {
    const pem = await readText(file);
    refuseOther(kid, pem, passphrase !== null);
    pems[kid] = passphrase === null ? pem : withoutPassphrase(kid, pem, passphrase);
  }
  return { keys: pemKeys(pems), close: () => {} };
}

/** @throws {FieldsealError} `PRIVATE_KEY_INVALID` for files that are told at sight; the rest is the key ring's to judge. */
function refuseOther(kid: string, pem: string, hasPassphrase: boolean): void {
  const mistake = mistakeOf(pem, hasPassphrase);
  if (mistake === null) return;
  const { is, hint } = mistake;
  throw new FieldsealError("PRIVATE_KEY_INVALID", `the private key of "${kid}" ${is}`, { kid, hint });
}

/** What a file is that is no private key, or one that stays closed, by the label of its PEM (RFC 7468). */
function mistakeOf(pem: string, hasPassphrase: boolean): { readonly is: string; readonly hint: string } | null {
  const hint = "give the private half: `fieldseal keygen` writes KID.private.pem";
  if (pem.trim() === "") return { is: "is an empty file", hint };
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label === undefined) return { is: "is no PEM", hint: "a PEM has a line -----BEGIN PRIVATE KEY-----" };
  if (!label.endsWith("PRIVATE KEY")) return { is: `is a PEM of a ${label}`, hint };
  const isLocked = label.startsWith("ENCRYPTED") || /^Proc-Type: 4,ENCRYPTED/m.test(pem);
  return isLocked && !hasPassphrase ? { is: "is encrypted", hint: "give its passphrase with --passphrase-file" } : null;
}

function withoutPassphrase(kid: string, pem: string, passphrase: string): string {
  try {
    return createPrivateKey({ key: pem, passphrase }).export({ format: "pem", type: "pkcs8" }).toString();
  } catch {
    throw new FieldsealError("PRIVATE_KEY_INVALID", `the private key of "${kid}" does not open with this passphrase`, {
      kid,
    });
  }
}

/** The keys of a policy that name an ARN, with one client for each Region. @throws {FieldsealError} `KMS_ENDPOINT_REFUSED`. */
export async function keysInKms(options: KmsOptions, policy: Policy): Promise<PrivateKeys> {
  const [{ createKmsClient, regionOf }, { kmsKeys }] = await Promise.all([
    import("./kms-client.ts"),
    import("@fieldseal/decrypt/kms"),
  ]);
  const regions = new Map<string | undefined, Record<string, KmsKey>>();
  for (const { kid, kms, alg, publicKey } of policy.keys.values()) {
    if (kms === undefined) continue;
    const region = options.region ?? regionOf(kms);
    const keys = regions.get(region) ?? {};
    keys[kid] = { kms, alg, ...(alg === "RSA-OAEP-256" ? { bits: (publicKey.wrappedLength * 8) as 2048 } : {}) };
    regions.set(region, keys);
  }
  const rings = Array.from(regions, ([region, keys]) => {
    const client = createKmsClient(options, region);
    return { client, ring: kmsKeys({ client, keys }) };
  });
  const find = (kid: string): ReturnType<KeyProvider["find"]> => {
    return rings.map(({ ring }) => ring.find(kid)).find((key) => key !== undefined);
  };
  const close = (): void => {
    for (const { client } of rings) client.destroy();
  };
  return { keys: { find }, close };
}
