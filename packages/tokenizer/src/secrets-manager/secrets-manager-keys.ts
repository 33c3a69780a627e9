// Token secrets in AWS Secrets Manager (API Reference, GetSecretValue): one pinned version each, fetched once, then held.
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { endpointOf, isUnsafeEndpoint } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { type SecretKeyReference, versionIdSyntax } from "../config/key-references.ts";
import { fetchedTokenKeys } from "../keys/fetched-keys.ts";
import { parseSecret } from "../keys/static-keys.ts";
import type { TokenKeys } from "../keys/token-keys.ts";

/** A secret of 32 bytes, or of 64 hexadecimal digits, in one version of a stored secret. */
export type StoredTokenKey = SecretKeyReference;

export interface SecretsManagerTokenKeysOptions {
  readonly client: SecretsManagerClient;
  /** The version of new tokens. */
  readonly current: string;
  readonly keys: readonly StoredTokenKey[];
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
}

/**
 * A key set whose secrets are in AWS Secrets Manager. Each key names a VersionId: a stage such as AWSCURRENT moves with
 * a rotation, and tokens under another secret would open as plausible wrong values.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `TOKEN_KEY_INVALID`, `KEY_VERSION_UNKNOWN`; when a key is first needed,
 * `KEY_STORE_UNAVAILABLE`, `ENDPOINT_REFUSED`.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { createTokenizer } from "@fieldseal/tokenizer";
 * import { secretsManagerTokenKeys } from "@fieldseal/tokenizer/secrets-manager";
 * const versionId = "5d7a1f0e-3c52-4b0a-9a52-0d1f4c1a7d11";
 * const keys = secretsManagerTokenKeys({
 *   client: new SecretsManagerClient({}),
 *   current: "1",
 *   keys: [{ version: "1", secret: "fieldseal/tokens", versionId }],
 * });
 * const tokenizer = createTokenizer({ keys, formats: { card: { type: "pan", keepLast: 4 } } });
 * ```
 */
export function secretsManagerTokenKeys(options: SecretsManagerTokenKeysOptions): TokenKeys {
  const { client, current, keys, timeout } = options;
  for (const { versionId } of keys) {
    if (!versionIdSyntax.pattern.test(versionId)) {
      throw new FieldsealError("CONFIG_INVALID", "a key in Secrets Manager needs the VersionId of its secret");
    }
  }
  return fetchedTokenKeys({ current, keys, timeout, fetch: (key, signal) => fetchSecret(client, key, signal) });
}

async function fetchSecret(
  client: SecretsManagerClient,
  key: StoredTokenKey,
  abortSignal: AbortSignal,
): Promise<Uint8Array> {
  await refuseUnsafeEndpoint(client, key);
  const command = new GetSecretValueCommand({ SecretId: key.secret, VersionId: key.versionId });
  const answer = client.send(command, { abortSignal });
  const { SecretString, SecretBinary } = await answer.catch((error: unknown) => unavailable(error, key));
  return Uint8Array.from(parseSecret(SecretBinary ?? new TextEncoder().encode(SecretString ?? "")));
}

async function refuseUnsafeEndpoint(client: SecretsManagerClient, { secret, version }: StoredTokenKey): Promise<void> {
  if (isUnsafeEndpoint(await endpointOf(client), secret)) {
    throw new FieldsealError("ENDPOINT_REFUSED", "an emulator's secret or an http: endpoint away from this machine", {
      kid: version,
      hint: "use the https endpoint of AWS Secrets Manager; emulators are for 127.0.0.1 only",
    });
  }
}

const lasting = [
  "AccessDeniedException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "InvalidSignatureException",
  "ResourceNotFoundException",
  "InvalidParameterException",
  "InvalidRequestException",
  "DecryptionFailure",
];

// The message of the store's error may repeat what was asked; its name does not.
function unavailable(error: unknown, { version }: StoredTokenKey): never {
  const name = error instanceof Error ? error.name : "";
  const lasts = lasting.includes(name);
  const message = `the token key of version "${version}" could not be fetched${lasts ? `: ${name}` : ""}`;
  throw new FieldsealError("KEY_STORE_UNAVAILABLE", message, { kid: version, retryable: !lasts, cause: error });
}
