// Keys whose private halves are in AWS KMS and never leave it.
import type { KMSClient } from "@aws-sdk/client-kms";
import {
  checkArrays,
  checkChoice,
  checkObjects,
  checkTexts,
  type Named,
  refuseUnknownNames,
} from "@fieldseal/core/config";
import { type Alg, compressedPointLength, pointOfSpki } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { readPublicKey } from "@fieldseal/core/policy";
import { decompressPoint } from "../keys/private-key.ts";
import type { KeyCircuit, KeyProvider, UnwrappingKey } from "../keys/provider.ts";
import { checkLimits } from "../limits.ts";
import { alwaysClosed, type BreakerOptions, type CircuitBreaker, createCircuitBreaker } from "./circuit-breaker.ts";
import { callCounter, type KmsCalls } from "./count-calls.ts";
import { refuseUnsafeEndpoint } from "./endpoint.ts";
import { isKeyId, isMultiRegion, keyIdIn, regionOfKey } from "./key-ids.ts";
import { callInOrder, type Route, stateOf } from "./routes.ts";
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
  /**
   * When a Region that fails, or a key that KMS does not let be used, is not asked for a while; default: after 5
   * failures in a row, for 10,000 ms. `false`: always asked.
   */
  readonly breaker?: BreakerOptions | false;
  /** The breaker's clock, in milliseconds, which never goes back; default: the process's. */
  readonly now?: () => number;
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

const optionNames: Readonly<Record<keyof KmsKeysOptions, true>> = {
  client: true,
  replicas: true,
  failOverAfter: true,
  breaker: true,
  now: true,
  keys: true,
};
const replicaNames: Readonly<Record<keyof KmsReplica, true>> = { region: true, client: true };
const keyNames: Readonly<Record<keyof KmsKey, true>> = { kms: true, alg: true, bits: true, publicKey: true };
/** Without `replicas` nothing fails over: a misspelt one must not be passed over. */
const ofRing: Named = { what: "the options of a ring of KMS keys", names: optionNames, code: "CONFIG_INVALID" };
const ofReplica: Named = { what: "a replica", names: replicaNames, code: "CONFIG_INVALID" };
const ofKey: Named = { what: "a key of KMS", names: keyNames, code: "CONFIG_INVALID" };

/** Keys of KMS, and how often KMS was asked. */
export interface KmsKeyProvider extends KeyProvider {
  /** Requests that the clients have sent, by operation, retries included; rings that share a client share the count. */
  calls(): KmsCalls;
  circuits(): readonly KeyCircuit[];
}

/**
 * Keys whose private halves are in AWS KMS; unwraps with RSAES_OAEP_SHA_256, or with ECDH for P-256.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for an alias, which can move, or anything else that is no key ARN or id;
 * `PUBLIC_KEY_INVALID`, `PUBLIC_KEY_WEAK`; `CONFIG_INVALID` for a breaker and a `failOverAfter`
 * without positive limits, and for members that there are not.
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
export function kmsKeys(options: KmsKeysOptions): KmsKeyProvider {
  checkSettings(options);
  const { client, replicas = [], failOverAfter = 2000, keys, breaker = {}, now = () => performance.now() } = options;
  checkLimits({ failOverAfter });
  const circuit = (): CircuitBreaker => (breaker === false ? alwaysClosed : createCircuitBreaker(breaker, now));
  const home = { client, circuit: circuit() };
  const elsewhere = replicas.map((replica) => ({ ...replica, circuit: circuit() }));
  const counters = [home, ...elsewhere].map((place) => callCounter(place.client));
  const routes = new Map(
    Object.entries(keys).map(([kid, key]) => {
      return [kid, placesOf(kid, key, home, elsewhere).map((place) => routeTo(place, kid, circuit()))] as const;
    }),
  );
  const ring = new Map([...routes].map(([kid, ways]) => [kid, kmsKey(kid, keys[kid]!, { ways, failOverAfter })]));
  return {
    find: (kid) => ring.get(kid),
    calls: () => sum([...new Set(counters)].map((counter) => counter())),
    circuits: () =>
      [...routes].flatMap(([kid, ways]) => {
        return ways.map((route) => ({ kid, region: route.region, state: stateOf(route) }));
      }),
  };
}

function checkSettings(options: KmsKeysOptions): void {
  refuseUnknownNames(options, ofRing);
  const { client, keys, replicas = [] } = options;
  checkObjects({ client, keys });
  checkArrays({ replicas });
  for (const replica of replicas) {
    refuseUnknownNames(replica, ofReplica);
    checkTexts({ "a replica's region": replica.region });
    if (typeof replica.client !== "object") throw new FieldsealError("CONFIG_INVALID", "a replica has no client");
  }
  for (const key of Object.values(keys)) {
    refuseUnknownNames(key, ofKey);
    checkChoice("alg", key.alg, ["RSA-OAEP-256", "DHKEM-P256"]);
  }
}

/** A key in one Region, and that Region's circuit. */
interface Place {
  readonly client: KMSClient;
  readonly circuit: CircuitBreaker;
  readonly region: string;
  readonly keyId: string;
}

/** Where a key is: in its home Region first. */
function placesOf(
  kid: string,
  { kms }: KmsKey,
  home: Pick<Place, "client" | "circuit">,
  elsewhere: readonly Pick<Place, "client" | "circuit" | "region">[],
): Place[] {
  if (!isKeyId(kms)) {
    const message = `the key "${kid}" is not the ARN or id of a KMS key`;
    throw new FieldsealError("CONFIG_INVALID", message, {
      kid,
      hint: "an alias can move to another key; give the ARN",
    });
  }
  const others = isMultiRegion(kms) ? elsewhere : [];
  return [
    { ...home, region: regionOfKey(kms) ?? "home", keyId: kms },
    ...others.map((other) => ({ ...other, keyId: keyIdIn(other.region, kms) })),
  ];
}

function routeTo({ client, circuit, region, keyId }: Place, kid: string, keyCircuit: CircuitBreaker): Route {
  return { target: { client, keyId, kid }, region, regionCircuit: circuit, keyCircuit, answer: null };
}

function kmsKey(
  kid: string,
  { kms, alg, bits, publicKey }: KmsKey,
  { ways, failOverAfter }: { readonly ways: readonly Route[]; readonly failOverAfter: number },
): UnwrappingKey {
  const known = publicKey === undefined ? null : readPublicKey(publicKey, alg);
  const isP256 = alg === "DHKEM-P256";
  const rsaLength = known?.wrappedLength ?? (bits === undefined ? undefined : bits / 8);
  const pointThrough = ownPoint(known === null || !isP256 ? null : pointOfSpki(known.spki));
  return {
    kid,
    alg,
    id: kms,
    wrappedLength: isP256 ? compressedPointLength : rsaLength,
    unwrap: async (wrapped, signal) => {
      for (const { target } of ways) await refuseUnsafeEndpoint(target.client, target.keyId);
      const ephemeral = isP256 ? decompressPoint(wrapped) : null;
      // A point that is none is refused here: to the circuits it would be an answer of KMS.
      if (isP256 && ephemeral === null) return null;
      return await callInOrder(ways, { signal, failOverAfter }, async (target, patience) => {
        if (ephemeral === null) return await decryptWithKms(target, wrapped, patience);
        const recipient = await pointThrough(target, patience);
        return await deriveWithKms(target, { ephemeral, recipient }, patience);
      });
    },
  };
}

/**
 * The point of a P-256 key: as known, else fetched once in each Region for all that ask there; who waited for a fetch that
 * failed tries, too, and nobody waits longer than there is time for the call.
 */
function ownPoint(known: Uint8Array | null): (target: KmsTarget, signal: AbortSignal) => Promise<Uint8Array> {
  let point = known;
  const fetches = new Map<KmsTarget, Promise<Uint8Array>>();
  return async (target, signal) => {
    while (point === null) {
      signal.throwIfAborted();
      const underWay = fetches.get(target);
      if (underWay !== undefined) {
        await settledOrAborted(underWay, signal);
        continue;
      }
      const fetched = fetchPoint(target, signal);
      fetches.set(target, fetched);
      try {
        point = await fetched;
      } finally {
        fetches.delete(target);
      }
    }
    return point;
  };
}

/** Resolves when `promise` has settled, however, or `signal` has aborted. */
function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    promise.then(end, end);
  });
}

function sum(calls: readonly KmsCalls[]): KmsCalls {
  const total: Record<string, number> = {};
  for (const one of calls) for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + count;
  return total;
}
