// The configuration of the HTTP service (schemas/service.schema.json), read strictly. Pure.
import {
  exactlyOne,
  filled,
  type Place,
  readArray,
  readBoolean,
  readInteger,
  readIntegers,
  readObject,
  readString,
  wrong,
} from "@fieldseal/core/config";
import type { PrincipalClaim } from "../claims.ts";
import { algorithmName, type RequestLimits } from "../http/index.ts";
import { type DecryptConfig, decryptSections, readDecrypt } from "./decrypt-config.ts";
import { endpointUrl } from "./endpoint-url.ts";

export type { DecryptConfig } from "./decrypt-config.ts";

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
  const document = readObject(root, [...shared, ...decryptSections, ...others]);
  const decrypts = decryptSections.some((name) => document.optional(name) !== undefined);
  const present = others.filter((name) => document.optional(name) !== undefined);
  const config: ServiceConfig = {
    listen: readListen(document.optional("listen")),
    kms: readKms(document.optional("kms")),
    authentication: readAuthentication(document.required("authentication")),
    audit: readAudit(document.required("audit")),
    limits: readLimits(document.optional("limits")),
    decrypt: decrypts || present.length === 0 ? readDecrypt(document) : null,
  };
  const sections = Object.fromEntries(present.map((name) => [name, readers[name]!(document.required(name))]));
  return { config, sections: sections as Sections<Readers> };
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
    algorithms: readAlgorithms(required("algorithms")),
    keySet: name === "url" ? { url: source } : { file: source },
    principal: readPrincipal(optional("principal")),
    ...(purposeClaim === undefined ? {} : { purposeClaim: readString(purposeClaim, filled) }),
  };
}

function readAlgorithms(place: Place): string[] {
  const algorithms = readArray(place, 10).map((one) => readString(one, algorithmName));
  if (algorithms.length === 0) throw wrong(place, "expects one algorithm or more");
  return algorithms;
}

function readPrincipal(place: Place | undefined): PrincipalClaim {
  if (place === undefined) return { claim: "sub" };
  const { required, optional } = readObject(place, ["claim", "prefix"]);
  const prefix = optional("prefix");
  const claim = readString(required("claim"), filled);
  return prefix === undefined ? { claim } : { claim, prefix: readString(prefix) };
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
  return readIntegers(readObject(place, Object.keys(limitRanges)).optional, limitRanges);
}

function readKms(place: Place | undefined): ServiceConfig["kms"] {
  if (place === undefined) return {};
  const { optional } = readObject(place, ["region", "endpoint"]);
  const [region, endpoint] = [optional("region"), optional("endpoint")];
  return {
    ...(region === undefined ? {} : { region: readString(region, filled) }),
    ...(endpoint === undefined ? {} : { endpoint: readString(endpoint, endpointUrl) }),
  };
}
