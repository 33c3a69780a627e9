// Private keys in SSM Parameter Store (API Reference, GetParameter): fetched once, then in process memory.
import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { KeyProvider } from "../keys/provider.ts";
import { type StoredKey, storedKeys } from "../keys/stored-keys.ts";

export interface ParameterStoreKeysOptions {
  readonly client: SSMClient;
  /** By kid: name or ARN of a SecureString whose value is a PEM private key. */
  readonly keys: Readonly<Record<string, StoredKey>>;
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
}

/**
 * Keys from PEM private keys in SSM Parameter Store. A key that never leaves KMS is safer; this is for keys that must
 * be held elsewhere, too.
 *
 * @throws {FieldsealError} `KEY_STORE_UNAVAILABLE`, `ENDPOINT_REFUSED`, `PRIVATE_KEY_INVALID`, `CONFIG_INVALID`.
 *
 * @example
 * ```ts
 * import { SSMClient } from "@aws-sdk/client-ssm";
 * import { createDecryptor } from "@fieldseal/decrypt";
 * import { parameterStoreKeys } from "@fieldseal/decrypt/ssm";
 * const keys = await parameterStoreKeys({ client: new SSMClient({}), keys: { "pii-1": { name: "/keys/pii-1" } } });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function parameterStoreKeys({ client, keys, timeout }: ParameterStoreKeysOptions): Promise<KeyProvider> {
  const fetch = async (name: string, abortSignal: AbortSignal): Promise<string | undefined> => {
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    const { Parameter } = await client.send(command, { abortSignal });
    return Parameter?.Value;
  };
  return storedKeys({ client, keys, fetch, timeout });
}
