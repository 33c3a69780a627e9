// The keys of a configuration, wherever they are: files are read here, the rest by whom the caller hands over.
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyReference, KeySet, SecretKeyReference, WrappedKeyReference } from "../config/key-references.ts";
import { fileTokenKeys } from "./file-keys.ts";
import type { TokenKeys } from "./token-keys.ts";

/** Keys of one kind, and the version that stands for the current one among them. */
export interface KeysOfKind<Key> {
  readonly current: string;
  readonly keys: readonly Key[];
}

export interface OpenKeysOptions {
  readonly config: KeySet;
  /** Where relative file names begin: the document's own folder. */
  readonly folder: string;
  /** Opens keys that KMS wraps, such as `kmsTokenKeys` does. */
  readonly kms?: (keys: KeysOfKind<WrappedKeyReference>) => TokenKeys;
  /** Opens keys in Secrets Manager, as `secretsManagerTokenKeys` does. */
  readonly secretsManager?: (keys: KeysOfKind<SecretKeyReference>) => TokenKeys;
}

/**
 * A key set of everything that a configuration names; a version is in one kind of place.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` also for a kind of place that nobody was handed over for,
 * `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { createTokenizer, openTokenKeys, parseTokenizerConfig } from "@fieldseal/tokenizer";
 * import { secretsManagerTokenKeys } from "@fieldseal/tokenizer/secrets-manager";
 * declare const document: unknown;
 * const config = parseTokenizerConfig(document);
 * const client = new SecretsManagerClient({});
 * const keys = openTokenKeys({
 *   config,
 *   folder: "conf",
 *   secretsManager: (of) => secretsManagerTokenKeys({ client, ...of }),
 * });
 * const tokenizer = createTokenizer({ formats: config.formats, keys });
 * ```
 */
export function openTokenKeys({ config, folder, kms, secretsManager }: OpenKeysOptions): TokenKeys {
  const { current, keys } = config;
  const kinds = new Map<string, keyof typeof openers>();
  const openers = {
    file: (of: KeysOfKind<KeyReference>) => fileTokenKeys(of, folder),
    kms,
    secret: secretsManager,
  };
  for (const [i, key] of keys.entries()) {
    const kind = kindOf(key);
    const known = kinds.get(key.version) ?? kind;
    if (known !== kind) throw wrongKey(i, "the version is in another kind of place already");
    if (openers[kind] === undefined) throw wrongKey(i, `the key needs ${needs[kind]}, and no client is given`);
    kinds.set(key.version, kind);
  }
  const sets = (["file", "kms", "secret"] as const).flatMap((kind) => {
    const ofKind = keys.filter((key) => kindOf(key) === kind);
    // What is current is decided above the sets; each must only have a version to call so.
    const own = ofKind.find(({ version }) => version === current)?.version ?? ofKind[0]?.version;
    const open = openers[kind] as ((of: KeysOfKind<KeyReference>) => TokenKeys) | undefined;
    return own === undefined || open === undefined ? [] : [open({ current: own, keys: ofKind })];
  });
  return {
    current,
    open: (version, scope) => {
      for (const set of sets) {
        const key = set.open(version, scope);
        if (key !== null) return key;
      }
      return null;
    },
    close: () => {
      for (const set of sets) set.close();
    },
  };
}

const needs = { file: "files", kms: "KMS", secret: "Secrets Manager" } as const;

function kindOf(key: KeyReference): keyof typeof needs {
  if ("file" in key) return "file";
  return "kms" in key ? "kms" : "secret";
}

function wrongKey(index: number, what: string): FieldsealError {
  const pointer = `/keys/versions/${index}`;
  return new FieldsealError("CONFIG_INVALID", `${pointer}: ${what}`, { pointer });
}
