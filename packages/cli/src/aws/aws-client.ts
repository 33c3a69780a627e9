// What clients of AWS services have in common: endpoint, Region, credentials, time limits. Reads the environment.
import { isLoopback } from "@fieldseal/core/config";
import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { usageError } from "../errors/usage-error.ts";

export interface AwsOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
}

export interface AwsService {
  /** Of the environment variable of its endpoint, `AWS_ENDPOINT_URL_...`. */
  readonly suffix: "KMS" | "SECRETS_MANAGER" | "DYNAMODB";
  /** Raised for `http:` off the loopback interface. */
  readonly code: ErrorCode;
}

/** Configuration that every client of the AWS SDK takes. */
export interface AwsClientConfig {
  readonly requestHandler: {
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
    readonly connectionTimeout: number;
  };
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const requestTimeoutMs = 10_000;
const connectionTimeoutMs = 3000;
const credentialVariables = ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/**
 * A client's configuration; the environment stands in where `options` say nothing.
 *
 * @throws {FieldsealError} the service's code for `http:` off the loopback interface; `USAGE_INVALID` for an endpoint
 * that is no URL and a Region that is no name.
 */
export function awsClientConfig(options: AwsOptions, { suffix, code }: AwsService): AwsClientConfig {
  const { env } = process;
  const { profile } = options;
  const url = endpointUrl(options.endpoint ?? env[`AWS_ENDPOINT_URL_${suffix}`] ?? env.AWS_ENDPOINT_URL);
  const region = options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  // In a host name the SDK would only say that it failed.
  if (region !== undefined && !/^[a-z0-9-]{1,64}$/.test(region)) {
    throw usageError("--region, or the Region in the environment, expects a name such as us-east-1");
  }
  const isLocal = url !== null && isLoopback(url.hostname);
  if (url?.protocol === "http:" && !isLocal) {
    throw new FieldsealError(code, "an http: endpoint away from this machine", {
      hint: "use the https endpoint of AWS; emulators are for 127.0.0.1 only",
    });
  }
  // An emulator takes any credentials; without them the SDK would look for the metadata service of a virtual machine.
  const anonymous = isLocal && profile === undefined && !credentialVariables.some((name) => env[name] !== undefined);
  return {
    // Without `throwOnRequestTimeout` the SDK only warns, and waits for ever.
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      connectionTimeout: connectionTimeoutMs,
    },
    ...(url === null ? {} : { endpoint: url.href }),
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined && isLocal ? { region: "us-east-1" } : {}),
    ...(region === undefined ? {} : { region }),
    ...(anonymous ? { credentials: { accessKeyId: "local", secretAccessKey: "local" } } : {}),
  };
}

/** Region of an ARN. */
export function regionOf(arn: string): string | undefined {
  return /^arn:[a-z0-9-]+:(?:kms|secretsmanager):([a-z0-9-]+):/.exec(arn)?.[1];
}

function endpointUrl(text: string | undefined): URL | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageError("--endpoint, or the endpoint in the environment, expects an https URL");
  return url;
}
