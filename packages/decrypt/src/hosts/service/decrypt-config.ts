// The sections of a service's configuration that make it decrypt, read strictly. Pure.
import { type AccessDocument, checkAccess, type Rate } from "@fieldseal/core/access";
import {
  exactlyOne,
  filled,
  type Place,
  type Properties,
  readArray,
  readAt,
  readEntries,
  readInteger,
  readIntegers,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import type { CloudFrontNativeKey } from "@fieldseal/core/envelope";
import { parseSelector } from "@fieldseal/core/policy";
import type { CacheOptions } from "../../data-keys/data-key-cache.ts";
import type { BreakerOptions } from "../../kms/circuit-breaker.ts";
import { isKeyId, isMultiRegion } from "../../kms/key-ids.ts";
import type { KmsKey } from "../../kms/kms-keys.ts";
import type { OnDenied, OnFieldError } from "../../options.ts";
import type { ExpectedPlace, ExpectedPlaces } from "../../placement.ts";
import type { ContextSource, HostOptions } from "../host-reader.ts";
import { endpointUrl } from "./endpoint-url.ts";

/** The sections of a service that decrypts. */
export interface DecryptConfig {
  readonly keys: Readonly<Record<string, KmsKey>>;
  readonly expect: { readonly policy: string } | { readonly fields: ExpectedPlaces };
  readonly access: { readonly file: string } | AccessDocument;
  readonly context: Readonly<Record<string, ContextSource>>;
  /** How many fields each principal may open, in this process or in a store that several share. */
  readonly rateLimit?: Rate;
  /** Other Regions of multi-Region keys, asked in this order where the one before cannot be. */
  readonly replicas?: readonly ReplicaConfig[];
  /** Milliseconds after which a Region that has not answered is given up for the next. */
  readonly failOverAfter?: number;
  readonly breaker?: BreakerOptions | false;
  readonly dataKeys?: DataKeysConfig;
  readonly cloudfrontNative?: readonly CloudFrontNativeKey[];
  readonly onFieldError?: OnFieldError;
  readonly onDenied?: OnDenied;
}

/** What data keys may cost, and how they are kept; see `DecryptorOptions`. */
export type DataKeysConfig = Pick<
  HostOptions,
  "cache" | "maxDataKeysPerRecord" | "maxKmsCallsPerCall" | "maxConcurrentKmsCalls" | "kmsTimeout"
>;

export interface ReplicaConfig {
  readonly region: string;
  readonly endpoint?: string;
}

/** Their names. */
export const decryptSections = [
  "keys",
  "expect",
  "access",
  "context",
  "rateLimit",
  "replicas",
  "failOverAfter",
  "breaker",
  "dataKeys",
  "cloudfrontNative",
  "onFieldError",
  "onDenied",
] as const;

/** Reads the sections. @throws {FieldsealError} `CONFIG_INVALID` with the JSON Pointer of what is wrong. */
export function readDecrypt({ required, optional }: Properties): DecryptConfig {
  const [context, rateLimit, breaker] = [optional("context"), optional("rateLimit"), optional("breaker")];
  const [dataKeys, native] = [optional("dataKeys"), optional("cloudfrontNative")];
  const [onFieldError, onDenied] = [optional("onFieldError"), optional("onDenied")];
  const keys = Object.fromEntries(readEntries(required("keys")).map(([kid, key]) => [kid, readKey(key)]));
  return {
    keys,
    expect: readExpect(required("expect")),
    access: readAccess(required("access")),
    context: Object.fromEntries(
      context === undefined ? [] : readEntries(context).map(([key, source]) => [key, readSource(source)]),
    ),
    ...(rateLimit === undefined ? {} : { rateLimit: readRate(rateLimit) }),
    ...readFailOver(optional("replicas"), optional("failOverAfter"), keys),
    ...(breaker === undefined ? {} : { breaker: readBreaker(breaker) }),
    ...(dataKeys === undefined ? {} : { dataKeys: readDataKeys(dataKeys) }),
    ...(native === undefined ? {} : { cloudfrontNative: readAllNative(native, keys) }),
    ...(onFieldError === undefined ? {} : { onFieldError: readOneOf(onFieldError, ["fail", "leave", "mark"]) }),
    ...(onDenied === undefined ? {} : { onDenied: readOneOf(onDenied, ["leave", "mask"]) }),
  };
}

const maxReplicas = 10;
const maxFailOverAfter = 60_000;
const regionName = { pattern: /^[a-z0-9-]{1,64}$/, says: "a Region, such as eu-west-1" };

/** Settings that would change nothing are refused: whoever wrote them counts on them. */
function readFailOver(
  replicas: Place | undefined,
  failOverAfter: Place | undefined,
  keys: DecryptConfig["keys"],
): Pick<DecryptConfig, "replicas" | "failOverAfter"> {
  if (replicas === undefined) {
    if (failOverAfter !== undefined) throw wrong(failOverAfter, 'needs "replicas"');
    return {};
  }
  const regions = readArray(replicas, maxReplicas).map(readReplica);
  if (regions.length === 0) throw wrong(replicas, "expects one Region or more");
  if (new Set(regions.map(({ region }) => region)).size < regions.length) throw wrong(replicas, "names a Region twice");
  if (!Object.values(keys).some(({ kms }) => isMultiRegion(kms))) {
    throw wrong(replicas, 'serve multi-Region keys ("mrk-"), and none of the keys is one');
  }
  const after = failOverAfter === undefined ? {} : { failOverAfter: readInteger(failOverAfter, 1, maxFailOverAfter) };
  return { replicas: regions, ...after };
}

function readReplica(place: Place): ReplicaConfig {
  const { required, optional } = readObject(place, ["region", "endpoint"]);
  const region = readString(required("region"), regionName);
  const endpoint = optional("endpoint");
  return endpoint === undefined ? { region } : { region, endpoint: readString(endpoint, endpointUrl) };
}

const breakerRanges = { maxFailures: 1000, openFor: 3_600_000 } as const;

function readBreaker(place: Place): BreakerOptions | false {
  if (place.value === false) return false;
  return readIntegers(readObject(place, Object.keys(breakerRanges)).optional, breakerRanges);
}

const dataKeyRanges = {
  maxDataKeysPerRecord: 100_000,
  maxKmsCallsPerCall: 1_000_000,
  maxConcurrentKmsCalls: 10_000,
  kmsTimeout: 300_000,
} as const;
const cacheRanges = { maxEntries: 1_000_000, maxAge: 86_400_000, maxUses: 1_000_000_000 } as const;

function readDataKeys(place: Place): DataKeysConfig {
  const { optional } = readObject(place, ["cache", ...Object.keys(dataKeyRanges)]);
  const cache = optional("cache");
  return {
    ...readIntegers(optional, dataKeyRanges),
    ...(cache === undefined ? {} : { cache: readCache(cache) }),
  };
}

function readCache(place: Place): CacheOptions | false {
  if (place.value === false) return false;
  return readIntegers(readObject(place, Object.keys(cacheRanges)).optional, cacheRanges);
}

const maxNative = 100;

function readAllNative(place: Place, keys: DecryptConfig["keys"]): CloudFrontNativeKey[] {
  const all = readArray(place, maxNative).map(readNative);
  if (all.every(({ kid }) => Object.hasOwn(keys, kid))) return all;
  throw wrong(place, 'names a kid that "keys" does not have');
}

function readNative(place: Place): CloudFrontNativeKey {
  const { required } = readObject(place, ["provider", "keyName", "kid", "field"]);
  const text = (name: string): string => readString(required(name), filled);
  return { provider: text("provider"), keyName: text("keyName"), kid: text("kid"), field: text("field") };
}

function readKey(place: Place): KmsKey {
  const key = readObject(place, ["kms", "alg"]);
  const kms = key.required("kms");
  if (!isKeyId(readString(kms, filled))) throw wrong(kms, "expects the ARN or id of a KMS key; an alias can move");
  return {
    kms: readString(kms),
    alg: readOneOf(key.required("alg"), ["RSA-OAEP-256", "DHKEM-P256"]),
  };
}

function readExpect(place: Place): DecryptConfig["expect"] {
  const expect = readObject(place, ["policy", "fields"]);
  const { name, of } = exactlyOne(place, expect, ["policy", "fields"]);
  if (name === "policy") return { policy: readString(of, filled) };
  return { fields: Object.fromEntries(readEntries(of).map(([field, one]) => [field, readPlaces(one)])) };
}

function readPlaces(place: Place): ExpectedPlaces[string] {
  return Array.isArray(place.value) ? readArray(place).map(readPlace) : readPlace(place);
}

function readPlace(place: Place): ExpectedPlace {
  if (typeof place.value === "string") return readSelector(place);
  const within = readObject(place, ["select", "within"]);
  return {
    select: readSelector(within.required("select")),
    within: readOneOf(within.required("within"), ["json"]),
  };
}

function readSelector(place: Place): string {
  const text = readString(place, filled);
  readAt(place, () => parseSelector(text));
  return text;
}

function readAccess(place: Place): DecryptConfig["access"] {
  const access = readObject(place, ["file", "rules", "$schema"]);
  const { name, of } = exactlyOne(place, access, ["file", "rules"]);
  return name === "file" ? { file: readString(of, filled) } : checkAccess(place);
}

function readSource(place: Place): ContextSource {
  const { name, of } = exactlyOne(place, readObject(place, ["claim", "value"]), ["claim", "value"]);
  const text = readString(of, filled);
  return name === "claim" ? { claim: text } : { value: text };
}

const maxRate = 1_000_000_000;

function readRate(place: Place): Rate {
  const { required } = readObject(place, ["burst", "perSecond"]);
  return {
    burst: readInteger(required("burst"), 1, maxRate),
    perSecond: readInteger(required("perSecond"), 1, maxRate),
  };
}
