// CreateAlias, UpdateAlias, DeleteAlias and ListAliases (KMS API reference).
import { AwsError, validationError } from "../aws-json/aws-error.ts";
import { isGiven, type JsonObject, requiredString } from "../aws-json/input.ts";
import type { Operation } from "../aws-json/service.ts";
import { type KmsKey, requireState } from "./key.ts";
import type { Alias, KeyStore } from "./key-store.ts";
import { listPage } from "./list-page.ts";

const MAX_ALIASES_PER_KEY = 50;

/** The operations on aliases. */
export function aliasManagementOperations(store: KeyStore): readonly (readonly [string, Operation])[] {
  return [
    ["CreateAlias", (input) => createAlias(store, input)],
    ["UpdateAlias", (input) => updateAlias(store, input)],
    ["DeleteAlias", (input) => deleteAlias(store, input)],
    ["ListAliases", (input) => listAliases(store, input)],
  ];
}

/** Adds an alias; `name` begins with `alias/`. @throws AlreadyExistsException and others (as protocol errors) */
export function addAlias(store: KeyStore, name: string, key: KmsKey): void {
  if (!/^alias\/[a-zA-Z0-9/_-]{1,250}$/.test(name) || name.startsWith("alias/aws/")) {
    throw new AwsError("InvalidAliasNameException");
  }
  if (store.aliases.has(name)) {
    throw new AwsError("AlreadyExistsException", `An alias with the name ${store.aliasArn(name)} already exists`);
  }
  requireNotPendingDeletion(key);
  if ([...store.aliases.values()].filter(({ targetKeyId }) => targetKeyId === key.id).length >= MAX_ALIASES_PER_KEY) {
    throw new AwsError("LimitExceededException", `A key has at most ${MAX_ALIASES_PER_KEY} aliases`);
  }
  const now = store.now();
  store.aliases.set(name, { name, targetKeyId: key.id, createdAt: now, updatedAt: now });
}

function createAlias(store: KeyStore, input: JsonObject): JsonObject {
  const name = aliasName(input);
  addAlias(store, name, target(store, input));
  return {};
}

function updateAlias(store: KeyStore, input: JsonObject): JsonObject {
  const alias = existing(store, aliasName(input));
  const key = target(store, input);
  requireNotPendingDeletion(key);
  const current = store.keys().find(({ id }) => id === alias.targetKeyId);
  if (current !== undefined && (current.spec.kind !== key.spec.kind || current.spec.usage !== key.spec.usage)) {
    throw validationError("The current and the new key must be of the same type and usage");
  }
  alias.targetKeyId = key.id;
  alias.updatedAt = store.now();
  return {};
}

function deleteAlias(store: KeyStore, input: JsonObject): JsonObject {
  store.aliases.delete(existing(store, aliasName(input)).name);
  return {};
}

function listAliases(store: KeyStore, input: JsonObject): JsonObject {
  const only = isGiven(input, "KeyId") ? target(store, input, "KeyId").id : undefined;
  const matching = [...store.aliases.values()].filter(({ targetKeyId }) => only === undefined || targetKeyId === only);
  const page = listPage(input, matching, ({ name }) => name);
  const aliases = page.items.map(({ name, targetKeyId, createdAt, updatedAt }) => ({
    AliasName: name,
    AliasArn: store.aliasArn(name),
    TargetKeyId: targetKeyId,
    CreationDate: createdAt / 1000,
    LastUpdatedDate: updatedAt / 1000,
  }));
  return { ...page.members, Aliases: aliases };
}

function aliasName(input: JsonObject): string {
  return requiredString(input, "AliasName", { max: 256 });
}

function target(store: KeyStore, input: JsonObject, member = "TargetKeyId"): KmsKey {
  const keyId = requiredString(input, member, { max: 2048 });
  if (keyId.startsWith("alias/")) throw validationError("Aliases must refer to keys. Not aliases");
  return store.find(keyId, { aliases: false, invalidArn: member === "KeyId" });
}

function existing(store: KeyStore, name: string): Alias {
  const alias = store.aliases.get(name);
  if (alias === undefined) throw new AwsError("NotFoundException", `Alias ${store.aliasArn(name)} is not found.`);
  return alias;
}

function requireNotPendingDeletion(key: KmsKey): void {
  requireState(key, ["Creating", "Enabled", "Disabled", "PendingImport", "Unavailable", "Updating"]);
}
