// Keys and aliases of one account and Region, and how a KeyId parameter finds them. Pure but for its state.
import { AwsError } from "../aws-json/aws-error.ts";
import type { KmsKey, PendingDeletionError } from "./key.ts";

/** Account of every emulated ARN; no real account has it. */
export const ACCOUNT = "000000000000";

/** One alias. */
export interface Alias {
  readonly name: string;
  targetKeyId: string;
  readonly createdAt: number;
  updatedAt: number;
}

/** How an operation reads its KeyId parameter. */
export interface LookupRules {
  /** Whether alias names and alias ARNs are accepted; management operations take none. */
  readonly aliases: boolean;
  /** Whether the operation declares InvalidArnException; the others answer NotFoundException. */
  readonly invalidArn: boolean;
}

/** Rules of the cryptographic operations. */
export const forCryptography: LookupRules = { aliases: true, invalidArn: false };

/** The state of one emulated KMS. */
export interface KeyStore {
  readonly region: string;
  readonly pendingDeletionError: PendingDeletionError;
  /** By name; those of keys that still exist. */
  readonly aliases: Map<string, Alias>;
  /** Keys that still exist, oldest first. */
  keys(): readonly KmsKey[];
  add(key: KmsKey): void;
  keyArn(id: string): string;
  aliasArn(name: string): string;
  /** The key that a KeyId parameter names. @throws NotFoundException, InvalidArnException (as protocol errors) */
  find(keyId: string, rules: LookupRules): KmsKey;
  now(): number;
}

const ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Whether a string has the form of a KMS key id. */
export function isKeyId(text: string): boolean {
  return ID.test(text);
}

/** Makes an empty store. */
export function createKeyStore(options: {
  region: string;
  pendingDeletionError: PendingDeletionError;
  now: () => number;
}): KeyStore {
  const { region, pendingDeletionError, now } = options;
  const keysById = new Map<string, KmsKey>();
  const aliases = new Map<string, Alias>();
  const prefix = `arn:aws:kms:${region}:${ACCOUNT}:`;

  const byId = (id: string): KmsKey => {
    sweep(keysById, aliases, now());
    const key = keysById.get(id);
    if (key !== undefined) return key;
    if (!isKeyId(id)) throw new AwsError("NotFoundException", "Invalid keyId");
    throw new AwsError("NotFoundException", `Key '${prefix}key/${id}' does not exist`);
  };
  const byAlias = (name: string, rules: LookupRules): KmsKey => {
    if (!rules.aliases) throw new AwsError("NotFoundException", "Invalid keyId: this operation takes no alias");
    const alias = aliases.get(name);
    if (alias === undefined) throw new AwsError("NotFoundException", `Alias ${prefix}${name} is not found.`);
    return byId(alias.targetKeyId);
  };
  return {
    region,
    pendingDeletionError,
    now,
    get aliases() {
      sweep(keysById, aliases, now());
      return aliases;
    },
    keys() {
      sweep(keysById, aliases, now());
      return [...keysById.values()];
    },
    add: (key) => void keysById.set(key.id, key),
    keyArn: (id) => `${prefix}key/${id}`,
    aliasArn: (name) => `${prefix}${name}`,
    find(keyId, rules) {
      if (keyId.startsWith("alias/")) return byAlias(keyId, rules);
      if (!keyId.startsWith("arn:")) return byId(keyId);
      const resource = /^arn:aws:kms:[a-z0-9-]+:\d{12}:((key|alias)\/.+)$/.exec(keyId)?.[1];
      if (resource === undefined && rules.invalidArn) throw new AwsError("InvalidArnException", "Invalid arn");
      // Another Region's or account's key is not found here, however well formed its ARN is.
      if (resource === undefined || !keyId.startsWith(prefix)) throw new AwsError("NotFoundException", "Invalid arn");
      return resource.startsWith("alias/") ? byAlias(resource, rules) : byId(resource.slice("key/".length));
    },
  };
}

// A key is gone, with its aliases, once its waiting period is over.
function sweep(keys: Map<string, KmsKey>, aliases: Map<string, Alias>, now: number): void {
  for (const key of keys.values()) {
    if (key.state !== "PendingDeletion" || key.deletionAt === undefined || key.deletionAt > now) continue;
    keys.delete(key.id);
    for (const alias of aliases.values()) if (alias.targetKeyId === key.id) aliases.delete(alias.name);
  }
}
