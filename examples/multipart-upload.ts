// An application with files: a text field and a text file are sealed, a binary file that no rule names passes as
// it is, boundary, headers and all.
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { createOriginRequestHandler, definePolicy, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import type { EdgeKey } from "./edge-handler.ts";

export function applicationsPolicy(key: EdgeKey): ReturnType<typeof definePolicy> {
  return definePolicy({
    version: 1,
    id: "applications-2026-11",
    keys: { "pii-1": { alg: "RSA-OAEP-256", ...key } },
    routes: [
      {
        methods: ["POST"],
        path: "/v1/applications",
        mediaTypes: ["multipart/form-data"],
        fields: [
          { name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1", required: true },
          // A part is selected by its name, with or without a file name. What is sealed must be text.
          { name: "statement", select: "$.statement", action: "encrypt", key: "pii-1" },
        ],
      },
    ],
    onUnmatched: "reject",
  });
}

export function applicationsHandler(key: EdgeKey): OriginRequestHandler {
  return createOriginRequestHandler({ policy: applicationsPolicy(key) });
}

/** Gives a stored body back as the client sent it; `mediaType` is the stored Content-Type, boundary included. */
export function applicationsReader(
  keys: KeyProvider,
  key: EdgeKey,
): (bytes: Uint8Array, mediaType: string) => Promise<Uint8Array> {
  const decryptor = createDecryptor({ keys });
  const expect = applicationsPolicy(key);
  return (bytes, mediaType) => decryptor.decryptBody({ bytes, mediaType, expect });
}
