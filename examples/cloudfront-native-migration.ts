// Moving from CloudFront's own field-level encryption, one reader for both: values that CloudFront sealed are still in
// the database when the edge function already writes envelopes. The old private key serves its messages and nothing else.
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import type { EdgeKey } from "./edge-handler.ts";

/** What the field-level encryption profile in CloudFront says. */
export interface NativeProfile {
  readonly provider: string;
  readonly publicKeyName: string;
}

export function contactsPolicy(key: EdgeKey): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "contacts-2026-11",
    keys: { "pii-1": { alg: "RSA-OAEP-256", ...key } },
    routes: [
      {
        path: "/contact",
        mediaTypes: ["application/x-www-form-urlencoded"],
        fields: [{ name: "phone", select: "$.phone", action: "encrypt", key: "pii-1", required: true }],
        // Old values must not come in again: they are bound to no place.
        onForeignEnvelope: "reject",
      },
    ],
    onUnmatched: "reject",
  });
}

/** Associate it, and take the field-level encryption configuration off the behavior in the same change. */
export function contactsHandler(key: EdgeKey): OriginRequestHandler {
  return createOriginRequestHandler({ policy: contactsPolicy(key) });
}

/** `keys` has the private halves of `pii-1` and, as `native`, of the profile's public key. */
export function contactsReader(
  keys: KeyProvider,
  { key, profile }: { readonly key: EdgeKey; readonly profile: NativeProfile },
): (stored: Uint8Array) => Promise<string | null> {
  const { provider, publicKeyName: keyName } = profile;
  const decryptor = createDecryptor({ keys, cloudfrontNative: [{ provider, keyName, kid: "native", field: "phone" }] });
  const expect = contactsPolicy(key);
  return async (bytes) => {
    const opened = await decryptor.decryptBody({ bytes, mediaType: "application/x-www-form-urlencoded", expect });
    return new URLSearchParams(Buffer.from(opened).toString("utf8")).get("phone");
  };
}
