// A client of AWS KMS from command-line options and the environment. I/O: loads the AWS SDK.
import { KMSClient } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import { type AwsOptions, awsClientConfig } from "./aws-client.ts";

export { regionOf } from "./aws-client.ts";

export type KmsOptions = AwsOptions;

/**
 * A client for `options`; `region` stands in where neither they nor the environment name one.
 *
 * @throws {FieldsealError} `KMS_ENDPOINT_REFUSED` for `http:` off the loopback interface; `USAGE_INVALID` for an
 * endpoint that is no URL.
 */
export function createKmsClient(options: KmsOptions, regionOfKey?: string): KMSClient {
  const region = options.region ?? regionOfKey;
  const given = { ...options, ...(region === undefined ? {} : { region }) };
  return new KMSClient({ ...awsClientConfig(given, { suffix: "KMS", code: "KMS_ENDPOINT_REFUSED" }) });
}

/** What a failed call to KMS means; errors of the SDK are told apart by name alone. */
export function kmsFailure(error: unknown): FieldsealError {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFoundException") {
    return new FieldsealError("KMS_KEY_UNUSABLE", "KMS has no key of this id: NotFoundException", {
      hint: "check the key's id or alias, its Region and the account",
    });
  }
  if (/^(?:InvalidKeyUsage|UnsupportedOperation)/.test(name)) {
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use this key: ${name}`, {
      hint: "it needs an asymmetric key: RSA with the usage ENCRYPT_DECRYPT, or ECC_NIST_P256 with KEY_AGREEMENT",
    });
  }
  if (/^(?:Disabled|KMSInvalidState|InvalidArn|Validation)/.test(name)) {
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use this key: ${name}`);
  }
  if (/^(?:CredentialsProvider|TokenProvider)/.test(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS was not asked, for want of credentials: ${name}`, {
      hint: "log in, or name a profile with --profile or AWS_PROFILE",
    });
  }
  if (error instanceof Error && error.message === "Region is missing") {
    return new FieldsealError("KMS_UNAVAILABLE", "KMS was not asked: no Region is configured", {
      hint: "give --region, or set AWS_REGION",
    });
  }
  if (/^(?:AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature)/.test(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS refused the caller: ${name}`, {
      hint: "check the credentials of the environment, and the key's policy",
    });
  }
  const { code = name } = error as NodeJS.ErrnoException;
  return new FieldsealError("KMS_UNAVAILABLE", `KMS could not be asked: ${code}`, {
    retryable: true,
    hint: "check the Region, the endpoint and the network",
    cause: error,
  });
}
