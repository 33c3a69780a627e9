// What an error of AWS KMS means for a wrapped secret. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

const refused = ["InvalidCiphertextException", "IncorrectKeyException", "ValidationException"];
const denied = [
  "AccessDeniedException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "InvalidSignatureException",
];
const unusable = [
  "DisabledException",
  "NotFoundException",
  "KMSInvalidStateException",
  "InvalidKeyUsageException",
  "UnsupportedOperationException",
  "InvalidArnException",
];

/** KMS errors are told apart by name alone: some have no class, some no message. */
export function kmsFailure(error: unknown, version: string): FieldsealError {
  if (error instanceof FieldsealError) return error;
  const name = error instanceof Error ? error.name : "";
  const kid = version;
  if (refused.includes(name)) {
    return new FieldsealError("TOKEN_KEY_INVALID", `KMS did not open the key of version "${version}"`, {
      kid,
      hint: "it was wrapped for another tenant, format or KMS key",
    });
  }
  if (unusable.includes(name))
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use its key: ${name}`, { kid });
  if (denied.includes(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS refused the caller: ${name}`, {
      kid,
      hint: "grant kms:Decrypt, and kms:GenerateDataKey to whoever makes keys",
    });
  }
  return new FieldsealError("KMS_UNAVAILABLE", "KMS could not be asked", { kid, retryable: true, cause: error });
}
