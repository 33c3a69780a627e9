// An origin behind the guard, with the edge in front of it.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createOriginRequestHandler, type Policy } from "@fieldseal/edge-encrypt";
import { createOriginGuard, type GuardEvent, type OriginGuardOptions } from "@fieldseal/edge-encrypt/guard";
import { type CloudFrontServer, startCloudFront } from "@fieldseal/emulator";
import { afterEach } from "vitest";
import { policyOf } from "./edge-fixture.ts";

const encrypt = { action: "encrypt", key: "pii-1" } as const;
export const policy: Policy = policyOf({
  methods: ["POST", "PUT", "GET"],
  fields: [
    { name: "ssn", select: "$..ssn", ...encrypt },
    { name: "card", select: "$.card", ...encrypt },
    { name: "iban", select: "$.accounts[*].iban", ...encrypt },
  ],
  query: [{ name: "q", select: "$.q", ...encrypt }],
  headers: [
    { name: "phone", header: "x-phone", ...encrypt },
    { name: "debug", header: "x-debug", action: "remove" },
  ],
  cookies: [{ name: "sid", cookie: "session", ...encrypt }],
});
export const path = "/v1/customers/7";
export const body = '{"ssn":"078-05-1120","card":{"n":1},"note":"ü"}';
export const secrets = ["first-secret-0123456789", "second-secret-0123456789"];

/** What guards have logged since the last test. */
export const events: GuardEvent[] = [];
export const guarded = (more: Partial<OriginGuardOptions> = {}): ReturnType<typeof createOriginGuard> =>
  createOriginGuard({ policy, ...more, log: (event) => events.push(event) } as OriginGuardOptions);

export interface Running {
  readonly port: number;
  readonly server: Server;
  readonly edge: CloudFrontServer;
  close(): Promise<void>;
}

export async function start(listener: RequestListener, edgePolicy: Policy = policy): Promise<Running> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const handler = createOriginRequestHandler({ policy: edgePolicy });
  const customHeaders = { "x-fieldseal-secret": secrets[1]! };
  const edge = await startCloudFront({ handler, origin: { host: "127.0.0.1", port, customHeaders } });
  return {
    port,
    server,
    edge,
    close: async () => {
      await edge.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

afterEach(() => {
  events.length = 0;
});
