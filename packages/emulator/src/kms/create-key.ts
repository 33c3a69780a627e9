// Makes a key of any supported spec and puts it into the store; the operation CreateKey and seeded keys both end here.
import { AwsError, validationError } from "../aws-json/aws-error.ts";
import {
  isGiven,
  type JsonObject,
  listOfObjects,
  optionalBoolean,
  optionalEnum,
  optionalString,
  requiredString,
} from "../aws-json/input.ts";
import type { Operation } from "../aws-json/service.ts";
import { type KeyMaterial, type KmsKey, keyMetadata } from "./key.ts";
import { createMaterial, deriveKeyId } from "./key-material.ts";
import { type KeySpecRow, keySpecRow } from "./key-spec.ts";
import { ACCOUNT, type KeyStore } from "./key-store.ts";

/** What a new key is made of; ids and symmetric material that are not given follow from the seed. */
export interface NewKey {
  readonly spec: KeySpecRow;
  readonly id?: string;
  readonly material?: KeyMaterial;
  readonly multiRegion?: boolean;
  readonly origin?: KmsKey["origin"];
  readonly description?: string;
}

/** Adds keys to one store. */
export type KeyFactory = (key: NewKey) => Promise<KmsKey>;

/** Makes the factory of one store; the n-th derived id depends on `seed` and n only. */
export function createKeyFactory(store: KeyStore, seed: string): KeyFactory {
  let derived = 0;
  return async ({ spec, id, material, multiRegion = id?.startsWith("mrk-") ?? false, origin = "AWS_KMS", ...rest }) => {
    const keyId = id ?? deriveKeyId(seed, derived++, multiRegion);
    const external = origin === "EXTERNAL";
    const key: KmsKey = {
      id: keyId,
      arn: store.keyArn(keyId),
      spec,
      origin,
      description: rest.description ?? "",
      multiRegion,
      createdAt: store.now(),
      material: external ? undefined : (material ?? (await createMaterial(spec, seed, keyId))),
      state: external ? "PendingImport" : "Enabled",
      deletionAt: undefined,
    };
    store.add(key);
    return key;
  };
}

const usages = ["ENCRYPT_DECRYPT", "KEY_AGREEMENT", "GENERATE_VERIFY_MAC", "SIGN_VERIFY"] as const;

/** The operation CreateKey; key policies and tags are checked for their form and have no effect. */
export function createKeyOperation(store: KeyStore, addKey: KeyFactory): Operation {
  return async (input) => {
    const spec = readSpec(input);
    checkPolicy(optionalString(input, "Policy", { max: MAX_POLICY_CHARACTERS }));
    if (isGiven(input, "Tags")) checkTags(listOfObjects(input, "Tags", { min: 0, max: MAX_TAGS }));
    const key = await addKey({
      spec,
      multiRegion: optionalBoolean(input, "MultiRegion"),
      origin: optionalEnum(input, "Origin", ["AWS_KMS", "EXTERNAL"] as const) ?? "AWS_KMS",
      description: optionalString(input, "Description", { min: 0, max: 8192 }) ?? "",
    });
    return { KeyMetadata: keyMetadata(key, ACCOUNT, store.region) };
  };
}

const MAX_POLICY_CHARACTERS = 131_072;
const MAX_TAGS = 50;

// Of a key policy KMS reads at least a version, and statements with an effect, a principal, actions and resources.
function checkPolicy(text: string | undefined): void {
  if (text === undefined) return;
  let statements: unknown;
  try {
    statements = (JSON.parse(text) as { Statement?: unknown } | null)?.Statement;
  } catch {
    statements = undefined;
  }
  const list = [statements].flat();
  const isStatement = (one: unknown): boolean =>
    typeof one === "object" &&
    one !== null &&
    ["Effect", "Principal", "Action", "Resource"].every((member) =>
      [member, `Not${member}`].some((name) => name in one),
    );
  if (list.length === 0 || !list.every(isStatement)) {
    throw new AwsError("MalformedPolicyDocumentException", "Policy contains a statement with one or more errors.");
  }
}

function checkTags(tags: readonly JsonObject[]): void {
  const names = tags.map((tag) => {
    requiredString(tag, "TagValue", { min: 0, max: 256 });
    return requiredString(tag, "TagKey", { max: 128 });
  });
  if (new Set(names).size < names.length || names.some((name) => name.startsWith("aws:"))) {
    throw new AwsError("TagException", "Tag keys are unique and do not begin with aws:");
  }
}

function readSpec(input: JsonObject): KeySpecRow {
  const length = { max: 64 };
  const name =
    optionalString(input, "KeySpec", length) ??
    optionalString(input, "CustomerMasterKeySpec", length) ??
    "SYMMETRIC_DEFAULT";
  const usage = optionalEnum(input, "KeyUsage", usages);
  const spec = keySpecRow(name);
  if (spec === undefined)
    throw new AwsError("UnsupportedOperationException", "The emulator does not make this KeySpec");
  if (usage === undefined && spec.kind !== "symmetric") {
    throw validationError("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  }
  if (usage !== undefined && usage !== spec.usage) {
    if (usage === "SIGN_VERIFY" && (spec.kind === "rsa" || spec.kind === "ec")) {
      throw new AwsError("UnsupportedOperationException", "The emulator does not sign");
    }
    throw validationError(`KeyUsage ${usage} is not compatible with KeySpec ${spec.name}`);
  }
  return spec;
}
