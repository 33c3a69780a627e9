// Secrets wrapped by AWS KMS (GenerateDataKey, Decrypt): stored wrapped, opened once, bound to tenant and format by the
// encryption context, which KMS authenticates and CloudTrail shows.
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { FieldsealError } from "@fieldseal/core/errors";
import { kmsSyntax } from "../config/key-references.ts";
import { everything, fetchedTokenKeys } from "../keys/fetched-keys.ts";
import { checkVersion } from "../keys/static-keys.ts";
import type { KeyScope, TokenKeys } from "../keys/token-keys.ts";
import { refuseUnsafeEndpoint } from "./endpoint.ts";
import { kmsFailure } from "./key-errors.ts";

/** A stored secret: what KMS made of it, and what it is for. */
export interface WrappedTokenKey {
  readonly version: string;
  /** CiphertextBlob. */
  readonly wrapped: Uint8Array;
  /** ARN or id of the symmetric KMS key that wrapped it; never an alias, which can move. */
  readonly kms: string;
  /** For this tenant only; default: for all that have no key of their own. */
  readonly tenant?: string;
  /** For this format only; default: for all that have no key of their own. */
  readonly format?: string;
}

export interface KmsTokenKeysOptions {
  readonly client: KMSClient;
  /** The version of new tokens. */
  readonly current: string;
  readonly keys: readonly WrappedTokenKey[];
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number;
}

export interface GenerateTokenKeyOptions {
  readonly client: KMSClient;
  readonly kms: string;
  readonly version: string;
  readonly tenant?: string;
  readonly format?: string;
}

/**
 * Has KMS make a secret of 32 bytes, and returns it wrapped for safe keeping; the plain secret is zeroed.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `TOKEN_KEY_INVALID`, `KMS_UNAVAILABLE`, `KMS_ACCESS_DENIED`,
 * `KMS_KEY_UNUSABLE`, `KMS_ENDPOINT_REFUSED`.
 *
 * @example
 * ```ts
 * import { KMSClient } from "@aws-sdk/client-kms";
 * import { generateTokenKey } from "@fieldseal/tokenizer/kms";
 * const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
 * const key = await generateTokenKey({ client: new KMSClient({}), kms, version: "2026-11" });
 * ```
 */
export async function generateTokenKey(options: GenerateTokenKeyOptions): Promise<WrappedTokenKey> {
  const { client, kms, version, tenant, format } = options;
  checkVersion(version);
  checkId(kms);
  await refuseUnsafeEndpoint(client, kms);
  const command = new GenerateDataKeyCommand({
    KeyId: kms,
    KeySpec: "AES_256",
    EncryptionContext: encryptionContext(options),
  });
  try {
    const { CiphertextBlob, Plaintext } = await client.send(command);
    Plaintext!.fill(0);
    return {
      version,
      kms,
      wrapped: CiphertextBlob!,
      ...(tenant === undefined ? {} : { tenant }),
      ...(format === undefined ? {} : { format }),
    };
  } catch (error) {
    throw kmsFailure(error, version);
  }
}

/**
 * A key set whose secrets KMS opens, each once, when it is first needed. Of several keys of a version, that of the
 * tenant and format is taken before that of the tenant, that of the format, and that of all.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`, `TOKEN_KEY_INVALID`, `KEY_VERSION_UNKNOWN`.
 *
 * @example
 * ```ts
 * import { KMSClient } from "@aws-sdk/client-kms";
 * import { createTokenizer } from "@fieldseal/tokenizer";
 * import { kmsTokenKeys } from "@fieldseal/tokenizer/kms";
 * declare const wrapped: Uint8Array;
 * const kms = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
 * const keys = kmsTokenKeys({ client: new KMSClient({}), current: "1", keys: [{ version: "1", kms, wrapped }] });
 * const tokenizer = createTokenizer({ keys, formats: { card: { type: "pan", keepLast: 4 } } });
 * ```
 */
export function kmsTokenKeys({ client, current, keys, timeout }: KmsTokenKeysOptions): TokenKeys {
  for (const { kms } of keys) checkId(kms);
  return fetchedTokenKeys({ current, keys, timeout, fetch: (key, signal) => unwrap(client, key, signal) });
}

async function unwrap(client: KMSClient, key: WrappedTokenKey, abortSignal: AbortSignal): Promise<Uint8Array> {
  await refuseUnsafeEndpoint(client, key.kms);
  const command = new DecryptCommand({
    KeyId: key.kms,
    CiphertextBlob: key.wrapped,
    EncryptionContext: encryptionContext(key),
  });
  try {
    const { Plaintext } = await client.send(command, { abortSignal });
    const secret = Uint8Array.from(Plaintext!);
    Plaintext!.fill(0);
    return secret;
  } catch (error) {
    throw kmsFailure(error, key.version);
  }
}

/** The names that KMS authenticates; a star stands for every tenant or format. */
function encryptionContext({ tenant, format }: Partial<KeyScope>): Record<string, string> {
  return { "fieldseal:tenant": tenant || everything, "fieldseal:format": format ?? everything };
}

function checkId(kms: string): void {
  if (!kmsSyntax.pattern.test(kms)) {
    throw new FieldsealError("CONFIG_INVALID", "not the ARN or id of a KMS key", {
      hint: "an alias can move to another key; give the ARN",
    });
  }
}
