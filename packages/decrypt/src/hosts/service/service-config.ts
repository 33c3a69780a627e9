// The configuration of the HTTP service (schemas/service.schema.json), read strictly. Pure.
import type { AccessDocument, Rate } from "@fieldseal/core/access";
import {
  type Place,
  type Properties,
  readArray,
  readBoolean,
  readEntries,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import type { BreakerOptions } from "../../kms/circuit-breaker.ts";
import { isMultiRegion } from "../../kms/key-ids.ts";
import type { KmsKey } from "../../kms/kms-keys.ts";
import type { ExpectedPlace, ExpectedPlaces } from "../../placement.ts";
import type { PrincipalClaim } from "../claims.ts";
import type { ContextSource } from "../host-reader.ts";
import type { RequestLimits } from "../http/index.ts";

/** Paths of files are relative to the configuration's own. */
export interface ServiceConfig {
  readonly listen: { readonly host?: string; readonly port?: number };
  readonly kms: { readonly region?: string; readonly endpoint?: string };
  readonly authentication: AuthenticationConfig;
  readonly audit: AuditConfig;
  readonly limits: Partial<RequestLimits>;
  /** Null: the service does not decrypt. */
  readonly decrypt: DecryptConfig | null;
}

/** The sections `keys`, `expect`, `access` and `context`. */
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
}

export interface ReplicaConfig {
  readonly region: string;
  readonly endpoint?: string;
}

/** Readers of sections that other parts of the service have, by name. */
export type SectionReaders = Readonly<Record<string, (place: Place) => unknown>>;

/** What the readers made of the sections that are there. */
export type Sections<Readers extends SectionReaders> = {
  readonly [Name in keyof Readers]?: ReturnType<Readers[Name]>;
};

export interface AuthenticationConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly keySet: { readonly url: string } | { readonly file: string };
  readonly principal: PrincipalClaim;
  readonly purposeClaim?: string;
}

export type AuditConfig =
  | { readonly stdout: true }
  | { readonly file: string; readonly fsync: boolean; readonly checkpoints?: CheckpointConfig };

/** `kms` names an HMAC key; `secretFile` holds 32 bytes or more, for development. */
export type CheckpointConfig = { readonly file: string } & ({ readonly kms: string } | { readonly secretFile: string });

const shared = ["$schema", "listen", "kms", "authentication", "audit", "limits"];
const ofDecrypt = ["keys", "expect", "access", "context", "rateLimit", "replicas", "failOverAfter", "breaker"];
const filled = { pattern: /^.{1,2048}$/su, says: "a text that is not empty" };

/**
 * Parses the configuration of a service that decrypts, from its JSON value.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` with the JSON Pointer of what is wrong.
 */
export function parseServiceConfig(value: unknown): ServiceConfig {
  return parseServiceConfigWith({}, value).config;
}

/**
 * Parses the configuration of a service that may have other parts; it has at least one part.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` with the JSON Pointer of what is wrong, and what the readers throw.
 */
export function parseServiceConfigWith<Readers extends SectionReaders>(
  readers: Readers,
  value: unknown,
): { readonly config: ServiceConfig; readonly sections: Sections<Readers> } {
  const root = { value, pointer: "", code: "CONFIG_INVALID" } as const;
  const others = Object.keys(readers);
  const document = readObject(root, [...shared, ...ofDecrypt, ...others]);
  const decrypts = ofDecrypt.some((name) => document.optional(name) !== undefined);
  const present = others.filter((name) => document.optional(name) !== undefined);
  const config: ServiceConfig = {
    listen: readListen(document.optional("listen")),
    kms: readStrings(document.optional("kms"), ["region", "endpoint"]),
    authentication: readAuthentication(document.required("authentication")),
    audit: readAudit(document.required("audit")),
    limits: readLimits(document.optional("limits")),
    decrypt: decrypts || present.length === 0 ? readDecrypt(document) : null,
  };
  const sections = Object.fromEntries(present.map((name) => [name, readers[name]!(document.required(name))]));
  return { config, sections: sections as Sections<Readers> };
}

function readDecrypt({ required, optional }: Properties): DecryptConfig {
  const [context, rateLimit, breaker] = [optional("context"), optional("rateLimit"), optional("breaker")];
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
  return endpoint === undefined ? { region } : { region, endpoint: readString(endpoint, filled) };
}

const maxFailuresInRow = 1000;
const maxOpenFor = 3_600_000;

function readBreaker(place: Place): BreakerOptions | false {
  if (place.value === false) return false;
  const { optional } = readObject(place, ["maxFailures", "openFor"]);
  const [maxFailures, openFor] = [optional("maxFailures"), optional("openFor")];
  return {
    ...(maxFailures === undefined ? {} : { maxFailures: readInteger(maxFailures, 1, maxFailuresInRow) }),
    ...(openFor === undefined ? {} : { openFor: readInteger(openFor, 1, maxOpenFor) }),
  };
}

function readListen(place: Place | undefined): ServiceConfig["listen"] {
  if (place === undefined) return {};
  const listen = readObject(place, ["host", "port"]);
  const [host, port] = [listen.optional("host"), listen.optional("port")];
  return {
    ...(host === undefined ? {} : { host: readString(host, filled) }),
    ...(port === undefined ? {} : { port: readInteger(port, 0, 65_535) }),
  };
}

function readKey(place: Place): KmsKey {
  const key = readObject(place, ["kms", "alg"]);
  return {
    kms: readString(key.required("kms"), filled),
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
  if (typeof place.value === "string") return readString(place, filled);
  const within = readObject(place, ["select", "within"]);
  return {
    select: readString(within.required("select"), filled),
    within: readOneOf(within.required("within"), ["json"]),
  };
}

/** Rules are parsed where the service starts, with their own code. */
function readAccess(place: Place): DecryptConfig["access"] {
  const access = readObject(place, ["file", "rules", "$schema"]);
  const { name, of } = exactlyOne(place, access, ["file", "rules"]);
  return name === "file" ? { file: readString(of, filled) } : (place.value as AccessDocument);
}

function readAuthentication(place: Place): AuthenticationConfig {
  const names = ["issuer", "audience", "algorithms", "keySet", "principal", "purposeClaim"];
  const { required, optional } = readObject(place, names);
  const keySet = required("keySet");
  const { name, of } = exactlyOne(keySet, readObject(keySet, ["url", "file"]), ["url", "file"]);
  const source = readString(of, filled);
  const purposeClaim = optional("purposeClaim");
  return {
    issuer: readString(required("issuer"), filled),
    audience: readString(required("audience"), filled),
    algorithms: readArray(required("algorithms"), 10).map((one) => readString(one, filled)),
    keySet: name === "url" ? { url: source } : { file: source },
    principal: readPrincipal(optional("principal")),
    ...(purposeClaim === undefined ? {} : { purposeClaim: readString(purposeClaim, filled) }),
  };
}

function readPrincipal(place: Place | undefined): PrincipalClaim {
  if (place === undefined) return { claim: "sub" };
  const { required, optional } = readObject(place, ["claim", "prefix"]);
  const prefix = optional("prefix");
  const claim = readString(required("claim"), filled);
  return prefix === undefined ? { claim } : { claim, prefix: readString(prefix) };
}

function readSource(place: Place): ContextSource {
  const { name, of } = exactlyOne(place, readObject(place, ["claim", "value"]), ["claim", "value"]);
  const text = readString(of, filled);
  return name === "claim" ? { claim: text } : { value: text };
}

function readAudit(place: Place): AuditConfig {
  const audit = readObject(place, ["stdout", "file", "fsync", "checkpoints"]);
  const { name, of } = exactlyOne(place, audit, ["stdout", "file"]);
  const [fsync, checkpoints] = [audit.optional("fsync"), audit.optional("checkpoints")];
  if (name === "stdout") {
    if (!readBoolean(of) || fsync !== undefined || checkpoints !== undefined) {
      throw wrong(place, 'expects { "stdout": true } alone, or a "file"');
    }
    return { stdout: true };
  }
  return {
    file: readString(of, filled),
    fsync: fsync === undefined || readBoolean(fsync),
    ...(checkpoints === undefined ? {} : { checkpoints: readCheckpoints(checkpoints) }),
  };
}

function readCheckpoints(place: Place): CheckpointConfig {
  const checkpoints = readObject(place, ["file", "kms", "secretFile"]);
  const file = readString(checkpoints.required("file"), filled);
  const { name, of } = exactlyOne(place, checkpoints, ["kms", "secretFile"]);
  const source = readString(of, filled);
  return name === "kms" ? { file, kms: source } : { file, secretFile: source };
}

const limitRanges: Readonly<Record<keyof RequestLimits, number>> = {
  maxBodyBytes: 67_108_864,
  maxSeconds: 300,
  maxConcurrent: 10_000,
  maxConcurrentPerPrincipal: 10_000,
};

function readLimits(place: Place | undefined): Partial<RequestLimits> {
  if (place === undefined) return {};
  const limits = readObject(place, Object.keys(limitRanges));
  return Object.fromEntries(
    Object.entries(limitRanges).flatMap(([name, max]) => {
      const limit = limits.optional(name);
      return limit === undefined ? [] : [[name, readInteger(limit, 1, max)]];
    }),
  );
}

const maxRate = 1_000_000_000;

function readRate(place: Place): Rate {
  const { required } = readObject(place, ["burst", "perSecond"]);
  return {
    burst: readInteger(required("burst"), 1, maxRate),
    perSecond: readInteger(required("perSecond"), 1, maxRate),
  };
}

function readStrings<Name extends string>(
  place: Place | undefined,
  names: readonly Name[],
): { readonly [N in Name]?: string } {
  if (place === undefined) return {};
  const object = readObject(place, names);
  const entries = names.flatMap((name) => {
    const found = object.optional(name);
    return found === undefined ? [] : [[name, readString(found, filled)]];
  });
  return Object.fromEntries(entries) as { readonly [N in Name]?: string };
}

function exactlyOne<Name extends string>(
  place: Place,
  { optional }: Properties,
  names: readonly Name[],
): { readonly name: Name; readonly of: Place } {
  const given = names.flatMap((name) => {
    const of = optional(name);
    return of === undefined ? [] : [{ name, of }];
  });
  if (given.length !== 1) throw wrong(place, `expects exactly one of ${names.join(", ")}`);
  return given[0]!;
}
