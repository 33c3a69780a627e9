// The HTTP service from its configuration: keys in KMS, files beside the configuration's own. I/O.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { KMSClient } from "@aws-sdk/client-kms";
import { type AccessDocument, checkAccess, type RateStore } from "@fieldseal/core/access";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { type AuditTrail, type AuditTrailOptions, createAuditTrail } from "../../audit/audit-trail.ts";
import { fileSink } from "../../audit/file-sink.ts";
import { hmacSigner } from "../../audit/local-signers.ts";
import { stdoutSink } from "../../audit/stdout-sink.ts";
import { type KmsKeysOptions, kmsCheckpoints, kmsKeys, kmsReachable } from "../../kms/index.ts";
import type { Expect } from "../../placement.ts";
import { parsePolicy } from "../../policy.ts";
import type { HostOptions } from "../host-reader.ts";
import {
  type CreatePart,
  decryptPart,
  jwtAuthentication,
  type KeySet,
  type ReadinessChecks,
  type RunningService,
  startPartsService,
} from "../http/index.ts";
import type { AuditConfig, DecryptConfig, ServiceConfig } from "./service-config.ts";

/** What the service does besides decrypting. */
export interface OtherParts {
  readonly parts?: readonly CreatePart[];
  readonly ready?: ReadinessChecks;
  /** Where rates are counted that several processes share; default: this process's memory. */
  readonly rateStore?: RateStore;
}

/** The files that a configuration names. */
export interface ServiceFiles {
  /** Where relative file names begin. */
  readonly folder: string;
  /**
   * Parses a JSON file. Must refuse, by `code`, a member that is there twice: of two `rules`, `JSON.parse` would take
   * the last one without a word.
   */
  readonly readJson: <T>(file: string, code: ErrorCode, parse: (value: unknown) => T) => Promise<T>;
}

/**
 * Starts the service that a configuration describes.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, `CONFIG_INVALID`, and the codes of `readJson`, policies and access rules.
 */
export async function startConfiguredService(
  config: ServiceConfig,
  { folder, readJson }: ServiceFiles,
  { parts = [], ready = {}, rateStore }: OtherParts = {},
): Promise<RunningService> {
  const client = new KMSClient({ ...config.kms });
  const { limits, listen, decrypt } = config;
  const replicas = (decrypt?.replicas ?? []).map((place) => ({ region: place.region, client: new KMSClient(place) }));
  const { keySet, ...authentication } = config.authentication;
  const read: ServiceFiles["readJson"] = (file, ...how) => readJson(path.resolve(folder, file), ...how);
  const keysOf = (keys: unknown): KeySet => ({ keys: keys as { keys: [] } });
  const set = "url" in keySet ? keySet : await read(keySet.file, "CONFIG_INVALID", keysOf);
  const host = decrypt === null ? null : await hostOf(decrypt, read, { client, replicas, rateStore });
  const trail = await trailOf(config.audit, folder, client);
  const kmsChecks = Object.values(decrypt?.keys ?? {}).map(({ kms }) => kmsReachable({ client, kms, replicas }));
  const kms = cached(async () => void (await Promise.all(kmsChecks.map((check) => check()))));
  const others = Object.entries(ready).map(([name, check]) => [name, cached(check)]);
  const service = await startPartsService({
    ...listen,
    parts: [...(host === null ? [] : [decryptPart(host)]), ...parts],
    limits,
    trail,
    authenticate: jwtAuthentication({ ...authentication, keySet: set }),
    ready: { ...(host === null ? {} : { kms }), ...Object.fromEntries(others) },
  });
  return {
    ...service,
    async close() {
      await service.close();
      for (const one of [client, ...replicas.map((replica) => replica.client)]) one.destroy();
    },
  };
}

interface Opened extends Pick<KmsKeysOptions, "client" | "replicas"> {
  readonly rateStore: RateStore | undefined;
}

async function hostOf(
  { keys, replicas: _, failOverAfter, breaker, rateLimit, dataKeys, ...decrypt }: DecryptConfig,
  read: ServiceFiles["readJson"],
  { rateStore: store, ...clients }: Opened,
): Promise<HostOptions> {
  const rulesOf = (value: unknown): AccessDocument => checkAccess({ value, pointer: "" });
  const access = "file" in decrypt.access ? await read(decrypt.access.file, "ACCESS_INVALID", rulesOf) : decrypt.access;
  const expect: Expect =
    "policy" in decrypt.expect
      ? await read(decrypt.expect.policy, "POLICY_INVALID", parsePolicy)
      : decrypt.expect.fields;
  const ring = kmsKeys({
    ...clients,
    keys,
    ...(failOverAfter === undefined ? {} : { failOverAfter }),
    ...(breaker === undefined ? {} : { breaker }),
  });
  const rate = rateLimit && { ...rateLimit, ...(store === undefined ? {} : { store: named(store, "fields") }) };
  return { ...decrypt, ...dataKeys, keys: ring, access, expect, ...(rate === undefined ? {} : { rateLimit: rate }) };
}

/** Parts of the service that share a store have buckets of their own in it. */
function named(store: RateStore, name: string): RateStore {
  return { take: (principal, ...taken) => store.take(`${name}: ${principal}`, ...taken) };
}

async function trailOf(audit: AuditConfig, folder: string, client: KMSClient): Promise<AuditTrail> {
  if ("stdout" in audit) return createAuditTrail({ sink: stdoutSink() });
  const sink = fileSink(path.resolve(folder, audit.file), { fsync: audit.fsync });
  const { checkpoints } = audit;
  if (checkpoints === undefined) return createAuditTrail({ sink });
  const options: AuditTrailOptions = { sink, checkpoints: fileSink(path.resolve(folder, checkpoints.file)) };
  if ("kms" in checkpoints) {
    return createAuditTrail({ ...options, signer: kmsCheckpoints({ client, key: checkpoints.kms }) });
  }
  const secret = await readBytes(path.resolve(folder, checkpoints.secretFile));
  return createAuditTrail({ ...options, signer: hmacSigner({ key: path.basename(checkpoints.secretFile), secret }) });
}

const cacheMilliseconds = 10_000;
const failureMilliseconds = 1000;

/** Whoever asks for readiness, without a token, costs KMS one call in a while, also where it fails. */
function cached(check: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> | null = null;
  return () => {
    if (last !== null) return last;
    const asked = check();
    last = asked;
    const forgetAfter = (milliseconds: number): void => {
      setTimeout(() => {
        if (last === asked) last = null;
      }, milliseconds).unref();
    };
    forgetAfter(cacheMilliseconds);
    asked.catch(() => forgetAfter(failureMilliseconds));
    return asked;
  };
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new FieldsealError("FILE_UNREADABLE", `the file ${path.basename(file)} could not be read`, { cause });
  }
}
