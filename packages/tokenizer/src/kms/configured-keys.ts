// The keys of a configuration document, in files and wrapped by KMS. Reads files; asks KMS when a key is first needed.
import type { KMSClient } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import type { TokenizerConfig } from "../config/parse-config.ts";
import { fileTokenKeys } from "../keys/file-keys.ts";
import type { TokenKeys } from "../keys/token-keys.ts";
import { kmsTokenKeys } from "./kms-token-keys.ts";

export interface ConfiguredKeysOptions {
  readonly config: Pick<TokenizerConfig, "current" | "keys">;
  /** Where relative file names begin: the document's own folder. */
  readonly folder: string;
  readonly client: KMSClient;
}

/**
 * A key set of everything that the document names; a version is in files or in KMS, not in both.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`.
 *
 * @example
 * ```ts
 * import { KMSClient } from "@aws-sdk/client-kms";
 * import { createTokenizer, parseTokenizerConfig } from "@fieldseal/tokenizer";
 * import { configuredTokenKeys } from "@fieldseal/tokenizer/kms";
 * declare const document: unknown;
 * const config = parseTokenizerConfig(document);
 * const keys = configuredTokenKeys({ config, folder: "conf", client: new KMSClient({}) });
 * const tokenizer = createTokenizer({ formats: config.formats, keys });
 * ```
 */
export function configuredTokenKeys({ config, folder, client }: ConfiguredKeysOptions): TokenKeys {
  const { current, keys } = config;
  const inFiles = keys.filter((key) => "file" in key);
  const wrapped = keys.filter((key) => "kms" in key);
  const sets: TokenKeys[] = [];
  for (const [i, key] of keys.entries()) {
    if ("kms" in key && inFiles.some(({ version }) => version === key.version)) {
      const pointer = `/keys/versions/${i}`;
      throw new FieldsealError("CONFIG_INVALID", `${pointer}: the version is in a file already`, { pointer });
    }
  }
  if (inFiles.length > 0) sets.push(fileTokenKeys({ current: currentOf(inFiles, current), keys: inFiles }, folder));
  if (wrapped.length > 0) sets.push(kmsTokenKeys({ client, current: currentOf(wrapped, current), keys: wrapped }));
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

/** The current version where it is among `keys`, else any of theirs: what is current is decided above the two sets. */
function currentOf(keys: readonly { readonly version: string }[], current: string): string {
  return keys.find(({ version }) => version === current)?.version ?? keys[0]!.version;
}
