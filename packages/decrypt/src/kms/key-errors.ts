// What an error of AWS KMS means. Told apart by name alone: some have no class, some no message. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

const refused = ["InvalidCiphertextException", "IncorrectKeyException", "ValidationException"];
const unusable = [
  "DisabledException",
  "NotFoundException",
  "KMSInvalidStateException",
  "InvalidKeyUsageException",
  "UnsupportedOperationException",
  "InvalidArnException",
];
const denied = [
  "AccessDeniedException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "ExpiredTokenException",
  "InvalidSignatureException",
  "IncompleteSignature",
  "MissingAuthenticationToken",
  "InvalidGrantTokenException",
];

/** True where KMS looked at the ciphertext or point and did not take it. */
export function isRefusal(error: unknown): boolean {
  return refused.includes(nameOf(error));
}

const grantDecrypt =
  "grant kms:Decrypt on that key to the reader's role; for P-256 kms:DeriveSharedSecret, and kms:GetPublicKey where the ring has no public key";

/** The coded error for everything else; `hint` is for a caller whom KMS refused. */
export function keyError(error: unknown, kid: string, hint: string = grantDecrypt): FieldsealError {
  const name = nameOf(error);
  if (unusable.includes(name)) {
    return new FieldsealError("KMS_KEY_UNUSABLE", `KMS cannot use the key "${kid}": ${name}`, { kid });
  }
  if (denied.includes(name)) {
    return new FieldsealError("KMS_ACCESS_DENIED", `KMS refused the caller for the key "${kid}": ${name}`, {
      kid,
      hint,
    });
  }
  const message = `KMS could not be asked for the key "${kid}"`;
  const missing = missingOf(error);
  const details = missing === null ? {} : { hint: `the AWS SDK found no ${missing}` };
  return new FieldsealError("KMS_UNAVAILABLE", message, { kid, retryable: true, cause: error, ...details });
}

/** What the SDK had not got to ask with: it says so before any call, and whoever has a role may get it the next time. */
function missingOf(error: unknown): string | null {
  if (nameOf(error) === "CredentialsProviderError") return "credentials: give the process a role, or name a profile";
  return error instanceof Error && error.message === "Region is missing" ? "Region: give the client one" : null;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}
