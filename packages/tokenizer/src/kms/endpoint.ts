// Where KMS may be: over TLS, or on this machine. Keys of an emulator never count anywhere else.
import type { KMSClient } from "@aws-sdk/client-kms";
import { endpointOf, isUnsafeEndpoint } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * @throws {FieldsealError} `KMS_ENDPOINT_REFUSED` for `http:` off the loopback interface, and for a key of account
 * 000000000000, which only emulators have, anywhere else than there.
 */
export async function refuseUnsafeEndpoint(client: KMSClient, keyId: string): Promise<void> {
  if (isUnsafeEndpoint(await endpointOf(client), keyId)) {
    throw new FieldsealError("KMS_ENDPOINT_REFUSED", "an emulator's key or an http: endpoint away from this machine", {
      hint: "use the https endpoint of AWS KMS; emulators are for 127.0.0.1 only",
    });
  }
}
