// A KMS key, its states, and what each state answers (KMS developer guide, "Key states of AWS KMS keys"). Pure.
import type { KeyObject } from "node:crypto";
import { AwsError } from "../aws-json/aws-error.ts";
import type { JsonObject } from "../aws-json/input.ts";
import type { KeySpecRow } from "./key-spec.ts";

/** Every state that DescribeKey can report. */
export type KeyState =
  | "Creating"
  | "Enabled"
  | "Disabled"
  | "PendingDeletion"
  | "PendingImport"
  | "PendingReplicaDeletion"
  | "Unavailable"
  | "Updating";

/** What a key computes with. */
export type KeyMaterial =
  | { readonly kind: "pair"; readonly privateKey: KeyObject; readonly publicKeyDer: Buffer }
  | { readonly kind: "secret"; readonly bytes: Buffer };

/** One key of the store. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly spec: KeySpecRow;
  readonly origin: "AWS_KMS" | "EXTERNAL";
  readonly description: string;
  readonly multiRegion: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Absent while material is awaited (state PendingImport). */
  readonly material: KeyMaterial | undefined;
  state: KeyState;
  /** Milliseconds since the epoch; only in state PendingDeletion. */
  deletionAt: number | undefined;
}

/** Which exception a cryptographic call on a key pending deletion gets; the guide lists both. */
export type PendingDeletionError = "KMSInvalidStateException" | "DisabledException";

/** Lets a key be used for cryptography or its public key be read, or throws what its state answers. */
export function requireUsable(key: KmsKey, pendingDeletionError: PendingDeletionError): void {
  switch (key.state) {
    case "Enabled":
    case "Updating":
      return;
    case "Disabled":
      throw new AwsError("DisabledException", `${key.arn} is disabled.`);
    case "PendingDeletion":
      throw new AwsError(pendingDeletionError, `${key.arn} is pending deletion.`);
    default:
      throw invalidState(key);
  }
}

/** Throws unless the key is in one of `states`. */
export function requireState(key: KmsKey, states: readonly KeyState[]): void {
  if (!states.includes(key.state)) throw invalidState(key);
}

/** The `KeyMetadata` structure of DescribeKey and CreateKey. */
export function keyMetadata(key: KmsKey, account: string, region: string): JsonObject {
  const { spec } = key;
  return {
    AWSAccountId: account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: spec.usage,
    KeyState: key.state,
    Origin: key.origin,
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: spec.name,
    KeySpec: spec.name,
    ...algorithmMembers(spec),
    MultiRegion: key.multiRegion,
    ...(key.multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: "PRIMARY",
        PrimaryKey: { Arn: key.arn, Region: region },
        ReplicaKeys: [],
      },
    }),
    ...(key.deletionAt !== undefined && { DeletionDate: key.deletionAt / 1000 }),
  };
}

/** The member that lists a spec's algorithms: `EncryptionAlgorithms`, `KeyAgreementAlgorithms` or `MacAlgorithms`. */
export function algorithmMembers(spec: KeySpecRow): JsonObject {
  if (spec.usage === "KEY_AGREEMENT") return { KeyAgreementAlgorithms: spec.algorithms };
  if (spec.usage === "GENERATE_VERIFY_MAC") return { MacAlgorithms: spec.algorithms };
  return { EncryptionAlgorithms: spec.algorithms };
}

const stateWords: Readonly<Record<KeyState, string>> = {
  Creating: "being created",
  Enabled: "enabled",
  Disabled: "disabled",
  PendingDeletion: "pending deletion",
  PendingImport: "pending import",
  PendingReplicaDeletion: "pending replica deletion",
  Unavailable: "unavailable",
  Updating: "being updated",
};

function invalidState(key: KmsKey): AwsError {
  return new AwsError("KMSInvalidStateException", `${key.arn} is ${stateWords[key.state]}.`);
}
