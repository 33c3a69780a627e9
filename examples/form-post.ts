// A checkout form, as a browser posts it: the card number is sealed, the verification code never leaves the edge, and
// all else, its escapes and its order, arrives as it was sent.
import { createDecryptor, type Decryptor, type KeyProvider } from "@fieldseal/decrypt";
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import type { EdgeKey } from "./edge-handler.ts";

export function checkoutPolicy(key: EdgeKey): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "checkout-2026-11",
    keys: { "pci-1": { alg: "RSA-OAEP-256", ...key } },
    routes: [
      {
        methods: ["POST"],
        path: "/checkout",
        mediaTypes: ["application/x-www-form-urlencoded"],
        fields: [
          { name: "card-number", select: "$.card", action: "encrypt", key: "pci-1", required: true },
          // PCI DSS: not kept after authorisation, not even encrypted.
          { name: "cvv", select: "$.cvv", action: "remove" },
          { name: "iban", select: "$.iban", action: "mask", keepLast: 4 },
        ],
      },
    ],
    onUnmatched: "reject",
  });
}

export function checkoutHandler(key: EdgeKey): OriginRequestHandler {
  return createOriginRequestHandler({ policy: checkoutPolicy(key) });
}

/** The payment service's side: gives the stored form back, the card number in clear. */
export function checkoutReader(keys: KeyProvider, key: EdgeKey): (stored: Uint8Array) => Promise<URLSearchParams> {
  const decryptor: Decryptor = createDecryptor({ keys });
  const expect = checkoutPolicy(key);
  return async (bytes) => {
    const opened = await decryptor.decryptBody({ bytes, mediaType: "application/x-www-form-urlencoded", expect });
    return new URLSearchParams(Buffer.from(opened).toString("utf8"));
  };
}
