// Where a command gets private keys from: PEM files, or AWS KMS. I/O.
import type { Policy } from "@fieldseal/core/policy";
import { type KeyProvider, type PemKey, pemKeys } from "@fieldseal/decrypt";
import type { KmsKey } from "@fieldseal/decrypt/kms";
import type { KmsOptions } from "../aws/kms-client.ts";
import { readPassphrase, readText } from "../files.ts";
import type { Pairs } from "../option-pairs.ts";

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
  const lock = passphraseFile === undefined ? {} : { passphrase: await readPassphrase(passphraseFile) };
  const pems: [string, PemKey][] = [];
  for (const [kid, file] of Object.entries(privateKey)) pems.push([kid, { pem: await readText(file), ...lock }]);
  return { keys: pemKeys(Object.fromEntries(pems)), close: () => {} };
}

/** The keys of a policy that name an ARN, with one client for each Region. @throws {FieldsealError} `KMS_ENDPOINT_REFUSED`. */
export async function keysInKms(options: KmsOptions, policy: Policy): Promise<PrivateKeys> {
  const [{ createKmsClient, regionOf }, { kmsKeys }] = await Promise.all([
    import("../aws/kms-client.ts"),
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
