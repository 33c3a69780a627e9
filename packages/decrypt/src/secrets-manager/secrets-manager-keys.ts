// Private keys in AWS Secrets Manager (API Reference, GetSecretValue): fetched once, then in process memory.
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { KeyProvider } from "../keys/provider.ts";
import { type StoredKey, storedKeys } from "../keys/stored-keys.ts";

export interface SecretsManagerKeysOptions {
  readonly client: SecretsManagerClient;
  /** By kid: name or ARN of a secret whose value is a PEM private key. */
  readonly keys: Readonly<Record<string, StoredKey>>;
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
}

/**
 * Keys from PEM private keys in AWS Secrets Manager. A key that never leaves KMS is safer; this is for keys that must
 * be held elsewhere, too.
 *
 * @throws {FieldsealError} `KEY_STORE_UNAVAILABLE`, `ENDPOINT_REFUSED`, `PRIVATE_KEY_INVALID`, `CONFIG_INVALID`.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { createDecryptor } from "@fieldseal/decrypt";
 * import { secretsManagerKeys } from "@fieldseal/decrypt/secrets-manager";
 * const keys = await secretsManagerKeys({ client: new SecretsManagerClient({}), keys: { "pii-1": { name: "pii-1" } } });
 * const decryptor = createDecryptor({ keys });
 * ```
 */
export function secretsManagerKeys({ client, keys, timeout }: SecretsManagerKeysOptions): Promise<KeyProvider> {
  const fetch = async (name: string, abortSignal: AbortSignal): Promise<string | undefined> => {
    const command = new GetSecretValueCommand({ SecretId: name });
    const { SecretString, SecretBinary } = await client.send(command, { abortSignal });
    return SecretString ?? (SecretBinary === undefined ? undefined : new TextDecoder().decode(SecretBinary));
  };
  return storedKeys({ client, keys, fetch, timeout });
}
