// Starts the Secrets Manager emulator: GetSecretValue. I/O.
import { AwsError } from "../aws-json/aws-error.ts";
import { type AwsServer, type AwsServerOptions, startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import { type JsonObject, optionalString, requiredString } from "../aws-json/input.ts";
import type { AwsService } from "../aws-json/service.ts";

/** Options of {@link startSecretsManager}. */
export interface SecretsManagerOptions extends AwsServerOptions {
  /** Region in ARNs; `us-east-1` unless given. */
  readonly region?: string;
  /** By name: the value, as text or as bytes. */
  readonly secrets: Readonly<Record<string, string | Uint8Array>>;
}

const CURRENT = "AWSCURRENT";
const VERSION_ID = "00000000-0000-4000-8000-000000000001";

/**
 * Starts an AWS Secrets Manager emulator on 127.0.0.1 with secrets of one version each; it answers GetSecretValue.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 */
export function startSecretsManager(options: SecretsManagerOptions): Promise<AwsServer> {
  return startAwsJsonServer([secretsManagerService(options)], options);
}

function secretsManagerService({ region = "us-east-1", secrets }: SecretsManagerOptions): AwsService {
  // The six characters that AWS appends follow from the name here.
  const arnOf = (name: string): string => `arn:aws:secretsmanager:${region}:000000000000:secret:${name}-AbCdEf`;
  const find = (id: string): string | undefined =>
    Object.keys(secrets).find((name) => id === name || id === arnOf(name));
  return {
    targetPrefix: "secretsmanager",
    actionPrefix: "secretsmanager",
    internalError: "InternalServiceError",
    resourceMember: "SecretId",
    operations: new Map([["GetSecretValue", (input) => getSecretValue(input)]]),
  };

  function getSecretValue(input: JsonObject): JsonObject {
    const name = find(requiredString(input, "SecretId", { max: 2048 }));
    const stage = optionalString(input, "VersionStage", { max: 256 }) ?? CURRENT;
    const version = optionalString(input, "VersionId", { min: 32, max: 64 }) ?? VERSION_ID;
    if (name === undefined || stage !== CURRENT || version !== VERSION_ID) {
      throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    const value = secrets[name]!;
    return {
      ARN: arnOf(name),
      Name: name,
      VersionId: VERSION_ID,
      VersionStages: [CURRENT],
      CreatedDate: 0,
      ...(typeof value === "string"
        ? { SecretString: value }
        : { SecretBinary: Buffer.from(value).toString("base64") }),
    };
  }
}
