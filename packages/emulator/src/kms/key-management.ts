// Reading and managing keys: DescribeKey, GetPublicKey, ListKeys, EnableKey, DisableKey, deletion (KMS API reference).
import { AwsError } from "../aws-json/aws-error.ts";
import { type JsonObject, listLength, optionalInteger, requiredString } from "../aws-json/input.ts";
import type { Operation } from "../aws-json/service.ts";
import { algorithmMembers, type KmsKey, keyMetadata, requireState, requireUsable } from "./key.ts";
import { ACCOUNT, type KeyStore, type LookupRules } from "./key-store.ts";
import { listPage } from "./list-page.ts";

const reading: LookupRules = { aliases: true, invalidArn: true };
const managing: LookupRules = { aliases: false, invalidArn: true };
const DAY_MS = 86_400_000;

/** The operations that read and manage keys. */
export function keyManagementOperations(store: KeyStore): readonly (readonly [string, Operation])[] {
  return [
    ["DescribeKey", (input) => ({ KeyMetadata: keyMetadata(find(store, input, reading), ACCOUNT, store.region) })],
    ["GetPublicKey", (input) => getPublicKey(store, input)],
    ["ListKeys", (input) => listKeys(store, input)],
    ["EnableKey", (input) => setEnabled(store, input, "Enabled")],
    ["DisableKey", (input) => setEnabled(store, input, "Disabled")],
    ["ScheduleKeyDeletion", (input) => scheduleKeyDeletion(store, input)],
    ["CancelKeyDeletion", (input) => cancelKeyDeletion(store, input)],
  ];
}

function getPublicKey(store: KeyStore, input: JsonObject): JsonObject {
  const key = find(store, input, reading);
  if (listLength(input, "GrantTokens") > 0) throw new AwsError("InvalidGrantTokenException");
  const { spec, material } = key;
  if (spec.kind === "symmetric" || spec.kind === "hmac") {
    throw new AwsError("UnsupportedOperationException", "GetPublicKey is not supported for this KeySpec.");
  }
  requireUsable(key, store.pendingDeletionError);
  if (material?.kind !== "pair") throw new AwsError("KMSInternalException", "", 500);
  return {
    KeyId: key.arn,
    PublicKey: material.publicKeyDer.toString("base64"),
    CustomerMasterKeySpec: spec.name,
    KeySpec: spec.name,
    KeyUsage: spec.usage,
    ...algorithmMembers(spec),
  };
}

function listKeys(store: KeyStore, input: JsonObject): JsonObject {
  const page = listPage(input, store.keys(), (key) => key.id);
  return { ...page.members, Keys: page.items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })) };
}

function setEnabled(store: KeyStore, input: JsonObject, state: "Enabled" | "Disabled"): JsonObject {
  const key = find(store, input, managing);
  requireState(key, ["Enabled", "Disabled"]);
  key.state = state;
  return {};
}

function scheduleKeyDeletion(store: KeyStore, input: JsonObject): JsonObject {
  const key = find(store, input, managing);
  const days = optionalInteger(input, "PendingWindowInDays", 7, 30) ?? 30;
  requireState(key, ["Enabled", "Disabled", "PendingImport", "Unavailable"]);
  key.state = "PendingDeletion";
  key.deletionAt = store.now() + days * DAY_MS;
  return {
    KeyId: key.arn,
    KeyState: key.state,
    DeletionDate: key.deletionAt / 1000,
    PendingWindowInDays: days,
  };
}

// A saved key comes back disabled; one that never had material goes on waiting for it.
function cancelKeyDeletion(store: KeyStore, input: JsonObject): JsonObject {
  const key = find(store, input, managing);
  requireState(key, ["PendingDeletion"]);
  key.state = key.material === undefined ? "PendingImport" : "Disabled";
  key.deletionAt = undefined;
  return { KeyId: key.arn };
}

function find(store: KeyStore, input: JsonObject, rules: LookupRules): KmsKey {
  return store.find(requiredString(input, "KeyId", { max: 2048 }), rules);
}
