// What the examples are deployed on: KMS and CloudFront emulators in front of an origin that remembers. I/O.
import { GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { KeyProvider } from "@fieldseal/decrypt";
import { kmsKeys } from "@fieldseal/decrypt/kms";
import {
  type EdgeRequestHandler,
  type KmsServer,
  type Origin,
  startCloudFront,
  startKms,
  startOrigin,
} from "@fieldseal/emulator";
import type { EdgeKey } from "../../examples/edge-handler.ts";

export interface Deployment {
  readonly kms: KmsServer;
  readonly origin: Origin;
  /** The key of an alias, as `fieldseal pull-key` writes it. */
  pull(alias: string): Promise<EdgeKey>;
  /** Private keys by kid, of those keys. */
  keys(ring: Readonly<Record<string, EdgeKey>>): KeyProvider;
  /** Sends one request through an edge function; the answer is its status. */
  send(handler: EdgeRequestHandler, path: string, init: RequestInit): Promise<number>;
  close(): Promise<void>;
}

export async function deploy(...aliases: readonly string[]): Promise<Deployment> {
  const kms = await startKms({ keys: aliases.map((name) => ({ alias: `alias/${name}`, keySpec: "RSA_2048" })) });
  const origin = await startOrigin();
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new KMSClient({ endpoint: kms.url, region: kms.region, credentials });
  return {
    kms,
    origin,
    pull: async (alias) => {
      const { KeyId, PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: `alias/${alias}` }));
      return { kms: KeyId!, publicKey: Buffer.from(PublicKey!).toString("base64") };
    },
    keys: (ring) => {
      const entries = Object.entries(ring).map(([kid, key]) => [kid, { kms: key.kms, alg: "RSA-OAEP-256" as const }]);
      return kmsKeys({ client, keys: Object.fromEntries(entries) });
    },
    send: async (handler, path, init) => {
      const edge = await startCloudFront({ handler, origin });
      try {
        const { status } = await fetch(`${edge.url}${path}`, { method: "POST", ...init });
        return status;
      } finally {
        await edge.close();
      }
    },
    close: async () => {
      client.destroy();
      await Promise.all([origin.close(), kms.close()]);
    },
  };
}
