// What a decryptor may be told, and what holds where it is not.
import {
  type Access,
  type AccessDocument,
  createRateLimiter,
  parseAccess,
  type RateLimiter,
  type RateLimiterOptions,
} from "@fieldseal/core/access";
import { type AuditSink, checkSink } from "@fieldseal/core/audit";
import { checkChoice, checkFlag, checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { type CloudFrontNativeKey, checkDirectPairs, type DirectPair } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { clockOf } from "./collaborators.ts";
import type { CacheOptions } from "./data-keys/data-key-cache.ts";
import { createDataKeySource, type DataKeySource } from "./data-keys/data-key-source.ts";
import { checkKeys, type KeyProvider } from "./keys/provider.ts";
import { checkLimits } from "./limits.ts";
import { openPrimitives, type ReaderPrimitives } from "./primitives.ts";

/** What becomes of a record one field of which does not open: it fails, or the field stays sealed or becomes a mark. */
export type OnFieldError = "fail" | "leave" | "mark";
/** What stands for a field that the caller may not see: its envelope, or stars. */
export type OnDenied = "leave" | "mask";

export interface DecryptorOptions {
  readonly keys: KeyProvider;
  /** Access rules; without them everybody in this process sees everything. */
  readonly access?: AccessDocument;
  /** True: a context key that no access rule binds is refused. Hosts set it. */
  readonly requireBoundContext?: boolean;
  /** How many fields each principal may open. */
  readonly rateLimit?: RateLimiterOptions;
  /** Where an event for each field goes before its plaintext is returned. */
  readonly audit?: AuditSink;
  /** Unwrapped data keys that are kept; `false`: none. Default: 1,000 of them, for 5 minutes or 10,000 records each. */
  readonly cache?: CacheOptions | false;
  /** Prefix and suffix pairs of values in the direct format, besides those of an `expect` policy. */
  readonly direct?: readonly DirectPair[];
  /** CloudFront's own field-level encryption: whose messages are opened as which field. */
  readonly cloudfrontNative?: readonly CloudFrontNativeKey[];
  /** Default `fail`. */
  readonly onFieldError?: OnFieldError;
  /** Default `leave`. */
  readonly onDenied?: OnDenied;
  /**
   * Most data keys in one record (a line of NDJSON, a row of CSV, else the body or text); default 32, or the policy's
   * `maxFields` where each field has a key of its own.
   */
  readonly maxDataKeysPerRecord?: number;
  /** Most data keys that one call may ask for, in all its bodies; default 1,000, or two for each body where that is more. */
  readonly maxKmsCallsPerCall?: number;
  /** Most calls under way at a time; default 32. */
  readonly maxConcurrentKmsCalls?: number;
  /** Milliseconds that one data key may take, retries included; default 10,000. */
  readonly kmsTimeout?: number;
  /** The clock; default: the system's. */
  readonly now?: () => Date;
}

export const decryptorNames: Readonly<Record<keyof DecryptorOptions, true>> = {
  keys: true,
  access: true,
  requireBoundContext: true,
  rateLimit: true,
  audit: true,
  cache: true,
  direct: true,
  cloudfrontNative: true,
  onFieldError: true,
  onDenied: true,
  maxDataKeysPerRecord: true,
  maxKmsCallsPerCall: true,
  maxConcurrentKmsCalls: true,
  kmsTimeout: true,
  now: true,
};

/** Without `access` everybody sees everything: a misspelt one must not be passed over. */
export const ofDecryptor: Named = { what: "a decryptor's options", names: decryptorNames, code: "CONFIG_INVALID" };

const rateNames: Readonly<Record<keyof RateLimiterOptions, true>> = {
  burst: true,
  perSecond: true,
  store: true,
  onAlert: true,
};
const nativeNames: Readonly<Record<keyof CloudFrontNativeKey, true>> = {
  provider: true,
  keyName: true,
  kid: true,
  field: true,
};
const pairNames: Readonly<Record<keyof DirectPair, true>> = { prefix: true, suffix: true, fields: true, kid: true };
const ofRate: Named = { what: "a rate", names: rateNames, code: "CONFIG_INVALID" };
const ofNative: Named = { what: "a key of CloudFront's messages", names: nativeNames, code: "CONFIG_INVALID" };
const ofPair: Named = { what: "a pair of prefix and suffix", names: pairNames, code: "CONFIG_INVALID" };

/** Options, checked and with everything that they need. */
export interface Reader {
  readonly keys: KeyProvider;
  /** Null: everybody in this process sees everything. */
  readonly access: Access | null;
  readonly requireBoundContext: boolean;
  readonly limiter: RateLimiter | null;
  readonly audit: AuditSink | null;
  readonly dataKeys: DataKeySource;
  readonly direct: readonly DirectPair[];
  readonly cloudfrontNative: readonly CloudFrontNativeKey[];
  readonly onFieldError: OnFieldError;
  readonly onDenied: OnDenied;
  readonly maxDataKeysPerRecord: number | undefined;
  readonly maxKmsCallsPerCall: number | undefined;
  readonly now: () => Date;
  readonly primitives: ReaderPrimitives;
  /** Stands for what does not unwrap, so that everything behind it happens all the same; never opens anything. */
  readonly standIn: Uint8Array;
}

const standInLength = 32;

/**
 * Prepares a reader.
 *
 * @throws {FieldsealError} `ACCESS_INVALID`; `CONFIG_INVALID` for keys, a trail and a clock that are none, limits that are
 * not positive and finite, ways that there are not, direct pairs that break their rules, a key of CloudFront's that serves
 * another format, and context that must be bound where no rules bind it.
 */
export function createReader(options: DecryptorOptions, primitives: ReaderPrimitives = openPrimitives): Reader {
  const now = options.now === undefined ? () => new Date() : clockOf(options.now);
  const milliseconds = (): number => now().getTime();
  const { direct = [], cloudfrontNative = [] } = options;
  const { maxDataKeysPerRecord, maxKmsCallsPerCall, maxConcurrentKmsCalls, kmsTimeout, cache = {} } = options;
  const { onFieldError = "fail", onDenied = "leave", requireBoundContext = false } = options;
  checkKeys(options.keys);
  checkSink(options.audit);
  checkLimits({ maxDataKeysPerRecord, maxKmsCallsPerCall, maxConcurrentKmsCalls, kmsTimeout });
  if (options.rateLimit !== undefined) checkRate(options.rateLimit);
  checkModes({ onFieldError, onDenied });
  checkFlag("requireBoundContext", requireBoundContext);
  if (requireBoundContext && options.access === undefined) {
    throw new FieldsealError("CONFIG_INVALID", "requireBoundContext needs access rules, which bind a context");
  }
  checkPairs(direct);
  checkNative(cloudfrontNative);
  const shared = cloudfrontNative.find(({ kid }) => direct.some((pair) => pair.kid === kid));
  if (shared !== undefined) {
    const message = `the key "${shared.kid}" of CloudFront's messages serves the direct format, too`;
    throw new FieldsealError("CONFIG_INVALID", message, { kid: shared.kid });
  }
  return {
    keys: options.keys,
    access: options.access === undefined ? null : parseAccess(options.access),
    requireBoundContext,
    limiter: options.rateLimit === undefined ? null : createRateLimiter(options.rateLimit, milliseconds),
    audit: options.audit ?? null,
    dataKeys: createDataKeySource({
      cache,
      maxConcurrentKmsCalls: maxConcurrentKmsCalls ?? 32,
      kmsTimeout: kmsTimeout ?? 10_000,
      now: milliseconds,
    }),
    direct,
    cloudfrontNative,
    onFieldError,
    onDenied,
    maxDataKeysPerRecord,
    maxKmsCallsPerCall,
    now,
    primitives,
    standIn: drawStandIn(primitives),
  };
}

/** @throws {FieldsealError} `CONFIG_INVALID` for ways that there are not. */
export function checkModes({ onFieldError, onDenied }: Pick<Reader, "onFieldError" | "onDenied">): void {
  checkChoice("onFieldError", onFieldError, ["fail", "leave", "mark"]);
  checkChoice("onDenied", onDenied, ["leave", "mask"]);
}

/** Without numbers a rate allows nothing, or everything: that is up to the store. It may well be that nothing comes back. */
function checkRate(rate: RateLimiterOptions): void {
  refuseUnknownNames(rate, ofRate);
  const { burst, perSecond } = rate;
  checkLimits({ burst: burst ?? Number.NaN, perSecond: perSecond === 0 ? 1 : (perSecond ?? Number.NaN) });
}

function checkPairs(pairs: readonly DirectPair[]): void {
  if (!Array.isArray(pairs)) throw new FieldsealError("CONFIG_INVALID", "direct must be an array");
  for (const pair of pairs as readonly DirectPair[]) {
    refuseUnknownNames(pair, ofPair);
    checkTexts({ "a pair's prefix": pair.prefix, "a pair's suffix": pair.suffix, "a pair's kid": pair.kid });
    if (!Array.isArray(pair.fields)) throw new FieldsealError("CONFIG_INVALID", "a pair's fields must be an array");
  }
  checkDirectPairs(pairs);
}

function checkNative(keys: readonly CloudFrontNativeKey[]): void {
  if (!Array.isArray(keys)) throw new FieldsealError("CONFIG_INVALID", "cloudfrontNative must be an array");
  for (const key of keys as readonly CloudFrontNativeKey[]) {
    refuseUnknownNames(key, ofNative);
    const { provider, keyName, kid, field } = key;
    checkTexts({ provider, keyName, kid, field });
  }
}

/** Random bytes that are no UTF-8, as data keys are. */
function drawStandIn(primitives: ReaderPrimitives): Uint8Array {
  const bytes = new Uint8Array(standInLength);
  do primitives.randomFill(bytes);
  while (primitives.isUtf8(bytes));
  return bytes;
}
