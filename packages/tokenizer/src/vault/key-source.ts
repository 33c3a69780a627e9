// A tokenizer's key set as the key source of a vault: the same files and wrapped keys serve both. I/O behind it.
import type { KeyScope, TokenKeys } from "../keys/token-keys.ts";
import type { KeySource } from "./keys.ts";

/** Root keys are of no tenant and no format. */
const common: KeyScope = { tenant: "", format: "vault" };

/**
 * The root keys of a vault from a key set, such as `fileTokenKeys` and `configuredTokenKeys` open. The set stays its
 * maker's, who closes it after the vault.
 *
 * @example
 * ```ts
 * import { fileTokenKeys, parseTokenizerConfig } from "@fieldseal/tokenizer";
 * import { createSqliteStore } from "@fieldseal/tokenizer/sqlite";
 * import { createVault, keySource } from "@fieldseal/tokenizer/vault";
 * declare const document: unknown;
 * const { vault: section } = parseTokenizerConfig(document);
 * const keys = keySource(fileTokenKeys(section!, "conf"));
 * const vault = createVault({ store: createSqliteStore({ path: "vault.db" }), keys });
 * ```
 */
export function keySource(keys: TokenKeys): KeySource {
  const byVersion = async (version: string): Promise<Uint8Array | undefined> =>
    (await keys.open(version, common))?.secret;
  return {
    // `current` is among the versions: every maker of a key set checks it.
    current: async () => ({ version: keys.current, key: (await byVersion(keys.current))! }),
    byVersion,
  };
}
