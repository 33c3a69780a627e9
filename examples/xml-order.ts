// Orders in XML: an element's content and an attribute are sealed; entities, comments and white space stay. A DTD is
// refused, and with it every entity trick.
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import type { EdgeKey } from "./edge-handler.ts";

export function ordersPolicy(key: EdgeKey): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "orders-2026-11",
    keys: { "pci-1": { alg: "RSA-OAEP-256", ...key } },
    routes: [
      {
        methods: ["POST"],
        path: "/v1/orders",
        mediaTypes: ["application/xml", "application/soap+xml"],
        fields: [
          // Elements by their local names, in whatever namespace; attributes with an @.
          { name: "card-number", select: "$.order.payment['@card']", action: "encrypt", key: "pci-1", required: true },
          { name: "address", select: "$..address", action: "encrypt", key: "pci-1" },
        ],
      },
    ],
    onUnmatched: "reject",
  });
}

export function ordersHandler(key: EdgeKey): OriginRequestHandler {
  return createOriginRequestHandler({ policy: ordersPolicy(key) });
}

/** Gives a stored order back as the client sent it. */
export function ordersReader(keys: KeyProvider, key: EdgeKey): (stored: Uint8Array) => Promise<string> {
  const decryptor = createDecryptor({ keys });
  const expect = ordersPolicy(key);
  return async (bytes) => {
    const opened = await decryptor.decryptBody({ bytes, mediaType: "application/xml", expect });
    return Buffer.from(opened).toString("utf8");
  };
}
