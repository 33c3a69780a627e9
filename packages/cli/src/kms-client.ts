// A client of AWS KMS from command-line options and the environment. I/O: loads the AWS SDK.
import { KMSClient, type KMSClientConfig } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import { usageError } from "./usage-error.ts";

export interface KmsOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
}

const requestTimeoutMs = 10_000;
const connectionTimeoutMs = 3000;
const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;
const credentialVariables = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/**
 * A client for `options`; `region` stands in where neither they nor the environment name one.
 *
 * @throws {FieldsealError} `KMS_ENDPOINT_REFUSED` for `http:` off the loopback interface; `USAGE_INVALID` for an
 * endpoint that is no URL.
 */
export function createKmsClient({ endpoint, region, profile }: KmsOptions, regionOfKey?: string): KMSClient {
  const { env } = process;
  const url = endpointUrl(endpoint ?? env.AWS_ENDPOINT_URL_KMS ?? env.AWS_ENDPOINT_URL);
  const chosen = region ?? regionOfKey ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  const isLocal = url !== null && loopback.test(url.hostname);
  if (url?.protocol === "http:" && !isLocal) {
    throw new FieldsealError("KMS_ENDPOINT_REFUSED", "an http: endpoint away from this machine", {
      hint: "use the https endpoint of AWS KMS; emulators are for 127.0.0.1 only",
    });
  }
  const config: KMSClientConfig = {
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
    ...(url === null ? {} : { endpoint: url.href }),
    ...(profile === undefined ? {} : { profile }),
    ...(chosen === undefined && isLocal ? { region: "us-east-1" } : {}),
    ...(chosen === undefined ? {} : { region: chosen }),
  };
  // An emulator takes any credentials; without them the SDK would look for the metadata service of a virtual machine.
  const anonymous = isLocal && profile === undefined && !credentialVariables.some((name) => env[name] !== undefined);
  return new KMSClient(
    anonymous ? { ...config, credentials: { accessKeyId: "local", secretAccessKey: "local" } } : config,
  );
}

/** Region of a key ARN. */
export function regionOf(arn: string): string | undefined {
  return /^arn:[a-z0-9-]+:kms:([a-z0-9-]+):/.exec(arn)?.[1];
}

/** What a failed call to KMS means; errors of the SDK are told apart by name alone. */
export function kmsFailure(error: unknown): FieldsealError {
  const name = error instanceof Error ? error.name : "";
  if (/^(?:NotFound|Disabled|KMSInvalidState|InvalidArn|InvalidKeyUsage|UnsupportedOperation|Validation)/.test(name)) {
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use this key: ${name}`);
  }
  if (/^(?:AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|CredentialsProvider)/.test(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS refused the caller: ${name}`, {
      hint: "check the credentials of the environment, and the key's policy",
    });
  }
  return new FieldsealError("KMS_UNAVAILABLE", "KMS could not be asked", { retryable: true, cause: error });
}

function endpointUrl(text: string | undefined): URL | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageError("--endpoint expects an https URL");
  return url;
}
