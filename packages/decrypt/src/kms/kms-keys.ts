// Keys whose private halves are in AWS KMS and never leave it.
import type { KMSClient } from "@aws-sdk/client-kms";
import { type Alg, compressedPointLength, pointOfSpki } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { readPublicKey } from "@fieldseal/core/policy";
import type { KeyProvider, UnwrappingKey } from "../keys/provider.ts";
import { callCounter, type KmsCalls } from "./count-calls.ts";
import { refuseUnsafeEndpoint } from "./endpoint.ts";
import { isRefusal, keyError } from "./key-errors.ts";
import { decryptWithKms, deriveWithKms, fetchPoint, type KmsTarget } from "./unwrap-with-kms.ts";

export interface KmsKeysOptions {
  readonly client: KMSClient;
  /**
   * Clients of other Regions, asked in this order when the one before cannot be: they serve multi-Region keys (`mrk-`),
   * which have the same id everywhere.
   */
  readonly replicas?: readonly KmsReplica[];
  /** Milliseconds after which a Region that has not answered is given up for the next; default 2,000. */
  readonly failOverAfter?: number;
  /** By kid: the ARN (or id) of the KMS key, never an alias, and the algorithm. */
  readonly keys: Readonly<Record<string, KmsKey>>;
}

export interface KmsReplica {
  readonly region: string;
  readonly client: KMSClient;
}

export interface KmsKey {
  readonly kms: string;
  readonly alg: Alg;
  /** Bits of the RSA key, where known; a wrapped key of another length is then refused before any call. */
  readonly bits?: 2048 | 3072 | 4096;
  /** PEM or base64 of the public key; without it, a P-256 key is asked for its own once. */
  readonly publicKey?: string;
}

/** Keys of KMS, and how often KMS was asked. */
export interface KmsKeyProvider extends KeyProvider {
  /** Requests that the clients have sent, by operation, retries included; rings that share a client share the count. */
  calls(): KmsCalls;
}

const keySyntax = /^(?:arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/)?(?:mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/;

/**
 * Keys whose private halves are in AWS KMS; unwraps with RSAES_OAEP_SHA_256, or with ECDH for P-256.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for an alias, which can move, or anything else that is no key ARN or id;
 * `PUBLIC_KEY_INVALID`, `PUBLIC_KEY_WEAK`.
 *
 * @example
 * ```ts
 * import { KMSClient } from "@aws-sdk/client-kms";
 * import { createDecryptor } from "@fieldseal/decrypt";
 * import { kmsKeys } from "@fieldseal/decrypt/kms";
 * const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
 * const keys = kmsKeys({ client: new KMSClient({}), keys: { "pii-1": { kms, alg: "RSA-OAEP-256" } } });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function kmsKeys({ client, replicas = [], failOverAfter = 2000, keys }: KmsKeysOptions): KmsKeyProvider {
  const counters = [client, ...replicas.map((replica) => replica.client)].map(callCounter);
  const ring = new Map(
    Object.entries(keys).map(
      ([kid, key]) =>
        [kid, kmsKey(kid, key, { targets: targetsOf(kid, key, client, replicas), failOverAfter })] as const,
    ),
  );
  return { find: (kid) => ring.get(kid), calls: () => sum([...new Set(counters)].map((counter) => counter())) };
}

interface Targets {
  readonly targets: readonly [KmsTarget, ...KmsTarget[]];
  readonly failOverAfter: number;
}

/** The key as each client names it: in the home Region first. */
function targetsOf(
  kid: string,
  { kms }: KmsKey,
  client: KMSClient,
  replicas: readonly KmsReplica[],
): Targets["targets"] {
  if (!keySyntax.test(kms)) {
    const message = `the key "${kid}" is not the ARN or id of a KMS key`;
    throw new FieldsealError("CONFIG_INVALID", message, {
      kid,
      hint: "an alias can move to another key; give the ARN",
    });
  }
  const isMultiRegion = /(?:^|\/)mrk-/.test(kms);
  const elsewhere = isMultiRegion ? replicas : [];
  return [
    { client, keyId: kms, kid },
    ...elsewhere.map(({ region, client: other }): KmsTarget => {
      return { client: other, keyId: kms.replace(/^(arn:[^:]+:kms:)[^:]+/, `$1${region}`), kid };
    }),
  ];
}

function kmsKey(
  kid: string,
  { kms, alg, bits, publicKey }: KmsKey,
  { targets, failOverAfter }: Targets,
): UnwrappingKey {
  const known = publicKey === undefined ? null : readPublicKey(publicKey, alg);
  const isP256 = alg === "DHKEM-P256";
  const rsaLength = known?.wrappedLength ?? (bits === undefined ? undefined : bits / 8);
  let point = known === null || !isP256 ? null : pointOfSpki(known.spki);
  const ask = async (target: KmsTarget, wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> => {
    if (!isP256) return await decryptWithKms(target, wrapped, signal);
    point ??= await fetchPoint(target, signal);
    return await deriveWithKms(target, { wrapped, recipient: point }, signal);
  };
  return {
    kid,
    alg,
    id: kms,
    wrappedLength: isP256 ? compressedPointLength : rsaLength,
    unwrap: async (wrapped, signal) => {
      let failure: FieldsealError | null = null;
      for (const target of targets) {
        await refuseUnsafeEndpoint(target.client, target.keyId);
        const isLast = target === targets.at(-1);
        const patience = isLast ? signal : AbortSignal.any([signal, AbortSignal.timeout(failOverAfter)]);
        try {
          return await ask(target, wrapped, patience);
        } catch (error) {
          if (isRefusal(error)) return null;
          // The first Region's answer is the one to tell: it is where the key is at home.
          failure ??= error instanceof FieldsealError ? error : keyError(error, kid);
          if (!failure.retryable || signal.aborted) throw failure;
        }
      }
      throw failure!;
    },
  };
}

function sum(calls: readonly KmsCalls[]): KmsCalls {
  const total: Record<string, number> = {};
  for (const one of calls) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return total;
}
