// Starts the KMS emulator. I/O.
import { randomUUID } from "node:crypto";
import { startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import type { AwsServer, AwsServerOptions } from "../aws-server/aws-server.ts";
import { EmulatorError } from "../emulator-error.ts";
import { addAlias } from "./alias-management.ts";
import { createKeyFactory, type KeyFactory, type NewKey } from "./create-key.ts";
import type { KeyState, KmsKey, PendingDeletionError } from "./key.ts";
import { importMaterial } from "./key-material.ts";
import { type KeySpec, type KeyUsage, keySpecRow } from "./key-spec.ts";
import { createKeyStore, forCryptography, isKeyId, type KeyStore } from "./key-store.ts";
import { kmsService } from "./kms-service.ts";

/** A key that exists when the server starts: imported from a private key, or made of a spec. */
export type InitialKey = {
  /** A UUID in lower case, or `mrk-` and 32 hexadecimal digits; derived from the seed unless given. */
  readonly id?: string;
  /** With its `alias/` prefix. */
  readonly alias?: string;
} & (
  | { /** RSA 2048, 3072, 4096 or NIST P-256, P-384, P-521; PKCS#8, PKCS#1 or SEC 1. */ readonly privateKeyPem: string }
  | { readonly keySpec: KeySpec }
);

/** Options of {@link startKms}. */
export interface KmsOptions extends AwsServerOptions {
  /** Region in ARNs; `us-east-1` unless given. */
  readonly region?: string;
  /** Same seed, same key ids and same symmetric and HMAC material; random unless given. */
  readonly seed?: string;
  /** Keys that exist from the start, in this order. */
  readonly keys?: readonly InitialKey[];
  /** What cryptographic calls on a key pending deletion get; `KMSInvalidStateException` unless given. */
  readonly pendingDeletionError?: PendingDeletionError;
  /** Milliseconds since the epoch, for creation and deletion dates. */
  readonly now?: () => number;
}

/** What a key is, for tests and demos that do not want to ask over the network. */
export interface KmsKeySummary {
  readonly id: string;
  readonly arn: string;
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  readonly keyState: KeyState;
  readonly aliases: readonly string[];
}

/** A running KMS emulator. */
export interface KmsServer extends AwsServer {
  readonly region: string;
  /** Keys that exist now, oldest first. */
  keys(): readonly KmsKeySummary[];
  /** Puts a key into any state, such as `Unavailable`, which no operation reaches. @throws CONFIG_INVALID */
  setKeyState(keyId: string, state: Exclude<KeyState, "PendingDeletion">): void;
}

/**
 * Starts an AWS KMS emulator on 127.0.0.1 that real SDK clients talk to over AWS JSON 1.1.
 *
 * It answers CreateKey, DescribeKey, GetPublicKey, ListKeys, EnableKey, DisableKey, ScheduleKeyDeletion,
 * CancelKeyDeletion, CreateAlias, UpdateAlias, DeleteAlias, ListAliases, Encrypt, Decrypt, GenerateDataKey,
 * DeriveSharedSecret, GenerateMac and VerifyMac, with KMS's own error names, key states and size limits.
 * Not modelled: signatures of requests (any credentials do), key policies and grants, rotation, signing,
 * `Recipient`, import of key material. ARNs name account 000000000000. Everything is in memory, private keys included:
 * use it for development and tests only.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 * @example
 * ```ts
 * import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
 * import { startKms } from "@fieldseal/emulator";
 * const kms = await startKms({ seed: "demo", keys: [{ alias: "alias/pii", keySpec: "RSA_2048" }] });
 * const credentials = { accessKeyId: "test", secretAccessKey: "test" };
 * const client = new KMSClient({ endpoint: kms.url, region: kms.region, credentials });
 * // await client.send(new DecryptCommand({ KeyId: kms.keys()[0]?.arn, ... }))
 * console.log(kms.calls["Decrypt"] ?? 0);
 * await kms.close();
 * ```
 */
export async function startKms(options: KmsOptions = {}): Promise<KmsServer> {
  const { region = "us-east-1", seed = randomUUID(), keys = [], now = Date.now } = options;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new EmulatorError("CONFIG_INVALID", "region is not an AWS Region");
  const { pendingDeletionError = "KMSInvalidStateException" } = options;
  const store = createKeyStore({ region, pendingDeletionError, now });
  const addKey = createKeyFactory(store, seed);
  for (const key of keys) await addInitialKey(store, addKey, key);
  const server = await startAwsJsonServer([kmsService(store, addKey)], { ...options, seed });
  return Object.assign(server, {
    region,
    keys: () => store.keys().map((key) => summary(store, key)),
    setKeyState(keyId: string, state: KeyState) {
      const key = findOrRefuse(store, keyId);
      key.state = state;
      key.deletionAt = undefined;
    },
  });
}

async function addInitialKey(store: KeyStore, addKey: KeyFactory, initial: InitialKey): Promise<void> {
  const { id, alias } = initial;
  if (id !== undefined && !isKeyId(id)) throw new EmulatorError("CONFIG_INVALID", "id is not a KMS key id");
  if (id !== undefined && store.keys().some((key) => key.id === id)) {
    throw new EmulatorError("CONFIG_INVALID", "two keys have the same id");
  }
  const key = await addKey({ ...newKey(initial), ...(id !== undefined && { id }) });
  try {
    if (alias !== undefined) addAlias(store, alias, key);
  } catch (cause) {
    throw new EmulatorError("CONFIG_INVALID", "alias must be new and begin with alias/", cause);
  }
}

function newKey(initial: InitialKey): NewKey {
  if ("privateKeyPem" in initial) return importMaterial(initial.privateKeyPem);
  const spec = keySpecRow(initial.keySpec);
  if (spec === undefined) throw new EmulatorError("CONFIG_INVALID", "unknown keySpec");
  return { spec };
}

function findOrRefuse(store: KeyStore, keyId: string): KmsKey {
  try {
    return store.find(keyId, forCryptography);
  } catch (cause) {
    throw new EmulatorError("CONFIG_INVALID", "no such key", cause);
  }
}

function summary(store: KeyStore, key: KmsKey): KmsKeySummary {
  const aliases = [...store.aliases.values()].filter(({ targetKeyId }) => targetKeyId === key.id);
  return {
    id: key.id,
    arn: key.arn,
    keySpec: key.spec.name,
    keyUsage: key.spec.usage,
    keyState: key.state,
    aliases: aliases.map(({ name }) => name),
  };
}
