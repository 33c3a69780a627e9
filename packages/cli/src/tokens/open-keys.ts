// The key sets of a tokenizer's configuration. I/O: reads key files; the AWS SDK is loaded only where a key needs it.
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type KeySet, openTokenKeys, type TokenKeys } from "@fieldseal/tokenizer";
import { type AwsOptions, awsClientConfig, regionOf } from "../aws/aws-client.ts";
import { loadPackage } from "../load-package.ts";
import type { ConfigFile } from "./config-file.ts";

/** A key set, and how its keys and clients are let go. */
export interface OpenedKeys {
  readonly keys: TokenKeys;
  readonly close: () => void;
}

export interface OpenKeysJob {
  /** Of the tokens, or of the vault. */
  readonly keySet: KeySet;
  readonly file: ConfigFile;
  /** Of KMS; Secrets Manager has its place in the configuration. */
  readonly options: AwsOptions;
}

/**
 * Opens a key set of the configuration.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`, `TOKEN_KEY_INVALID`, `KMS_ENDPOINT_REFUSED`, `ENDPOINT_REFUSED`,
 * `PACKAGE_MISSING`, `CONFIG_INVALID`.
 */
export async function openKeys({ keySet, file, options }: OpenKeysJob): Promise<OpenedKeys> {
  const wrapped = keySet.keys.find((key) => "kms" in key);
  const stored = keySet.keys.find((key) => "secret" in key);
  const kms = wrapped === undefined ? null : await openKms(wrapped.kms, options);
  const secrets = stored === undefined ? null : await openSecrets(stored.secret, file, options);
  const closeClients = (): void => {
    kms?.client.destroy();
    secrets?.client.destroy();
  };
  try {
    const keys = openTokenKeys({
      config: keySet,
      folder: file.folder,
      ...(kms === null ? {} : { kms: (of) => kms.kmsTokenKeys({ client: kms.client, ...of }) }),
      ...(secrets === null
        ? {}
        : { secretsManager: (of) => secrets.secretsManagerTokenKeys({ client: secrets.client, ...of }) }),
    });
    const close = (): void => {
      keys.close();
      closeClients();
    };
    return { keys, close };
  } catch (error) {
    closeClients();
    throw error;
  }
}

async function openKms(arn: string, options: AwsOptions) {
  const [{ createKmsClient }, { kmsTokenKeys }] = await Promise.all([
    import("../aws/kms-client.ts"),
    import("@fieldseal/tokenizer/kms"),
  ]);
  return { client: createKmsClient(options, regionOf(arn)), kmsTokenKeys };
}

async function openSecrets(name: string, { config }: ConfigFile, options: AwsOptions) {
  const sdk = "@aws-sdk/client-secrets-manager";
  const { SecretsManagerClient } = await loadPackage(sdk, () => import("@aws-sdk/client-secrets-manager"));
  const { secretsManagerTokenKeys } = await import("@fieldseal/tokenizer/secrets-manager");
  const { endpoint, region = regionOf(name) ?? options.region } = config.secretsManager;
  const { profile } = options;
  const given = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
  const service = { suffix: "SECRETS_MANAGER", code: "ENDPOINT_REFUSED" } as const;
  const client: SecretsManagerClient = new SecretsManagerClient({ ...awsClientConfig(given, service) });
  return { client, secretsManagerTokenKeys };
}
