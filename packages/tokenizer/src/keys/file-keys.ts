// The keys of a configuration document whose secrets are in files. Reads files.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeySet } from "../config/key-references.ts";
import { readSecretFile, staticTokenKeys } from "./static-keys.ts";
import type { TokenKeys } from "./token-keys.ts";

/**
 * Opens the key files of `config`; relative names begin at `folder`, the document's own.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for a key in another place (see `openTokenKeys`) or a version that is given twice, `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { createTokenizer, fileTokenKeys, parseTokenizerConfig } from "@fieldseal/tokenizer";
 * const config = parseTokenizerConfig(JSON.parse(readFileSync("conf/tokenizer.json", "utf8")));
 * const tokenizer = createTokenizer({ formats: config.formats, keys: fileTokenKeys(config, "conf") });
 * ```
 */
export function fileTokenKeys({ current, keys }: KeySet, folder: string): TokenKeys {
  const versions: Record<string, Uint8Array> = {};
  for (const [i, key] of keys.entries()) {
    const pointer = `/keys/versions/${i}`;
    if (!("file" in key)) {
      throw new FieldsealError("CONFIG_INVALID", `${pointer}: the key is in no file, and no client is given`, {
        pointer,
      });
    }
    if (Object.hasOwn(versions, key.version)) {
      throw new FieldsealError("CONFIG_INVALID", `${pointer}: the version is there already`, { pointer });
    }
    versions[key.version] = readSecretFile(path.resolve(folder, key.file));
  }
  const opened = staticTokenKeys({ current, versions });
  for (const secret of Object.values(versions)) secret.fill(0);
  return opened;
}
