// The keys of a configuration document, in files and wrapped by KMS. Reads files; asks KMS when a key is first needed.
import type { KMSClient } from "@aws-sdk/client-kms";
import type { KeySet } from "../config/key-references.ts";
import { openTokenKeys } from "../keys/configured-keys.ts";
import type { TokenKeys } from "../keys/token-keys.ts";
import { kmsTokenKeys } from "./kms-token-keys.ts";

export interface ConfiguredKeysOptions {
  readonly config: KeySet;
  /** Where relative file names begin: the document's own folder. */
  readonly folder: string;
  readonly client: KMSClient;
}

/**
 * A key set of everything that the document names in files and in KMS; `openTokenKeys` knows other places, too.
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
  return openTokenKeys({ config, folder, kms: (keys) => kmsTokenKeys({ client, ...keys }) });
}
