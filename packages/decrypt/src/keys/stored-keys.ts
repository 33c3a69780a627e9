// Private keys that a store keeps as PEM text: fetched once, then in process memory. The store arrives as a function.
import { type EndpointClient, endpointOf, isUnsafeEndpoint } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { checkLimits } from "../limits.ts";
import { privateKey } from "./private-key.ts";
import type { KeyProvider } from "./provider.ts";

/** A private key in a store. */
export interface StoredKey {
  /** What the store calls it: a name or an ARN. */
  readonly name: string;
  readonly passphrase?: string;
}

const denied = [
  "AccessDeniedException",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "InvalidSignatureException",
];
const missing = ["ResourceNotFoundException", "ParameterNotFound", "InvalidRequestException", "DecryptionFailure"];

/** A store, and the client of the AWS SDK through which it is asked. */
export interface KeyStore {
  readonly client: EndpointClient;
  readonly keys: Readonly<Record<string, StoredKey>>;
  readonly fetch: (name: string, abortSignal: AbortSignal) => Promise<string | undefined>;
  /** Milliseconds that one key may take, the client's retries included; default 10,000. */
  readonly timeout?: number | undefined;
}

const defaultTimeout = 10_000;

/**
 * Fetches keys by kid.
 *
 * @throws {FieldsealError} `KEY_STORE_UNAVAILABLE`, retryable unless the name or the permission is missing;
 * `ENDPOINT_REFUSED`, `PRIVATE_KEY_INVALID`; `CONFIG_INVALID` for a `timeout` that is not positive and finite.
 */
export async function storedKeys({ client, keys, fetch, timeout = defaultTimeout }: KeyStore): Promise<KeyProvider> {
  checkLimits({ timeout });
  const endpoint = await endpointOf(client);
  const fetched = Object.entries(keys).map(async ([kid, { name, passphrase }]) => {
    if (isUnsafeEndpoint(endpoint, name)) throw refused(kid);
    const pem =
      (await fetch(name, AbortSignal.timeout(timeout)).catch((error: unknown) => unavailable(error, kid))) ?? "";
    return [kid, privateKey(kid, { pem, ...(passphrase === undefined ? {} : { passphrase }) })] as const;
  });
  const ring = new Map(await Promise.all(fetched));
  return { find: (kid) => ring.get(kid) };
}

function refused(kid: string): FieldsealError {
  const message = "an emulator's private key or an http: endpoint away from this machine";
  return new FieldsealError("ENDPOINT_REFUSED", message, {
    kid,
    hint: "use the https endpoint of AWS; emulators are for 127.0.0.1 only",
  });
}

// The message of the store's error may repeat what was asked; its name does not.
function unavailable(error: unknown, kid: string): never {
  const name = error instanceof Error ? error.name : "";
  const known = [...denied, ...missing].includes(name);
  const message = `the private key of "${kid}" could not be fetched${known ? `: ${name}` : ""}`;
  throw new FieldsealError("KEY_STORE_UNAVAILABLE", message, { kid, retryable: !known, cause: error });
}
