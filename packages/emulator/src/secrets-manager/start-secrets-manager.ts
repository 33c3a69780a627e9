// Starts the Secrets Manager emulator: GetSecretValue. I/O.
import { AwsError } from "../aws-json/aws-error.ts";
import { startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import { type JsonObject, optionalString, requiredString } from "../aws-json/input.ts";
import type { AwsService } from "../aws-json/service.ts";
import type { AwsServer, AwsServerOptions } from "../aws-server/aws-server.ts";

/** Options of {@link startSecretsManager}. */
export interface SecretsManagerOptions extends AwsServerOptions {
  /** Region in ARNs; `us-east-1` unless given. */
  readonly region?: string;
  /** By name: the value, as text or as bytes, or several versions of it. */
  readonly secrets: Readonly<Record<string, SecretValue | SecretVersions>>;
}

export type SecretValue = string | Uint8Array;

/** Versions of a secret by VersionId, oldest first: the last is AWSCURRENT, the one before it AWSPREVIOUS. */
export interface SecretVersions {
  readonly versions: Readonly<Record<string, SecretValue>>;
}

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
const ONLY_VERSION_ID = "00000000-0000-4000-8000-000000000001";

/**
 * Starts an AWS Secrets Manager emulator on 127.0.0.1 with secrets and their versions; it answers GetSecretValue.
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
    const versions = name === undefined ? [] : versionsOf(secrets[name]!);
    const id = optionalString(input, "VersionId", { min: 32, max: 64 });
    const stage = optionalString(input, "VersionStage", { max: 256 }) ?? (id === undefined ? CURRENT : undefined);
    const found = versions.find((one) => {
      return (id === undefined || one.id === id) && (stage === undefined || one.stages.includes(stage));
    });
    if (name === undefined || found === undefined) {
      throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    const { value } = found;
    return {
      ARN: arnOf(name),
      Name: name,
      VersionId: found.id,
      VersionStages: found.stages,
      CreatedDate: 0,
      ...(typeof value === "string"
        ? { SecretString: value }
        : { SecretBinary: Buffer.from(value).toString("base64") }),
    };
  }
}

interface Version {
  readonly id: string;
  readonly value: SecretValue;
  readonly stages: string[];
}

function versionsOf(secret: SecretValue | SecretVersions): Version[] {
  const isOne = typeof secret === "string" || secret instanceof Uint8Array;
  const values = Object.entries(isOne ? { [ONLY_VERSION_ID]: secret } : secret.versions);
  const stages = [...values.slice(2).map(() => []), [PREVIOUS], [CURRENT]].slice(-values.length);
  return values.map(([id, value], i) => ({ id, value, stages: stages[i]! }));
}
