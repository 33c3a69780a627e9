// What the tests of this folder share: a key pair, policies over it, an edge before a recording origin, and a reader.
// The edge runs the very zip that `fieldseal bundle` ships, wherever a test gives it what a bundle can carry.
import { generateKeyPairSync } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { createDecryptor, pemKeys } from "@fieldseal/decrypt";
import {
  createOriginRequestHandler,
  definePolicy,
  type OriginRequestOptions,
  type Policy,
  type PolicyDocument,
  type RefusalEvent,
} from "@fieldseal/edge-encrypt";
import {
  type CloudFrontOptions,
  type CloudFrontServer,
  type Origin,
  type OriginListener,
  startCloudFront,
  startOrigin,
} from "@fieldseal/emulator";
import { shippedHandler } from "./shipped-handler.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const decryptor = createDecryptor({
  keys: pemKeys({ "pii-1": privateKey.export({ type: "pkcs8", format: "pem" }) as string }),
});

export const keys: PolicyDocument["keys"] = {
  "pii-1": { alg: "RSA-OAEP-256", publicKey: publicKey.export({ type: "spki", format: "pem" }) as string },
};

type Route = PolicyDocument["routes"][number];

/** A policy of one route on /v1/customers/** that seals `$..ssn`, what is given besides, and further routes. */
export function policyOf(
  route: Partial<Route> = {},
  more: Partial<PolicyDocument> = {},
  others: readonly Route[] = [],
): Policy {
  const fields = [{ name: "ssn", select: "$..ssn", action: "encrypt", key: "pii-1" }] as const;
  const routes = [{ path: "/v1/customers/**", fields, ...route }, ...others];
  return definePolicy({ version: 1, id: "test", keys, routes, ...more });
}

/** The value of a sealed field. */
export function open(envelope: string, field: string, context: Readonly<Record<string, string>> = {}): Promise<string> {
  return decryptor.decryptField(envelope, { field, context });
}

export interface Edge {
  readonly cloudFront: CloudFrontServer;
  readonly origin: Origin;
  /** Codes of what was refused, oldest first. */
  readonly refused: RefusalEvent[];
  send(path: string, init?: SendOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `code` of a problem answer. */
  readonly code: string | undefined;
}

/** Starts an edge before a recording origin. */
export async function startEdge(
  options: OriginRequestOptions,
  cloudFront: Partial<CloudFrontOptions> & { readonly answer?: OriginListener } = {},
): Promise<Edge> {
  const { answer, ...rest } = cloudFront;
  const origin = await startOrigin(answer);
  const refused: RefusalEvent[] = [];
  const { policy, log, onSealed, now, tokenizer, ...shipped } = options;
  const isShipped = [log, onSealed, now, tokenizer].every((option) => option === undefined) && !hasFilters(policy);
  const handler = isShipped
    ? await shippedHandler(policy, shipped, (event) => refused.push(event as RefusalEvent))
    : createOriginRequestHandler({ log: (event) => refused.push(event), ...options });
  const server = await startCloudFront({ handler, origin, ...rest });
  return {
    cloudFront: server,
    origin,
    refused,
    send: (path, init = {}) => send(server.port, path, init),
    close: async () => {
      await server.close();
      await origin.close();
    },
  };
}

function hasFilters({ routes }: Policy): boolean {
  return routes.some(({ fields }) => fields.some(({ query }) => query.filter !== undefined));
}

/** Sends a request with exactly this path: `fetch` would normalise it. */
export function send(
  port: number,
  path: string,
  { method = "POST", headers = {}, body }: SendOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const framing =
      body === undefined || "transfer-encoding" in headers ? {} : { "content-length": `${Buffer.byteLength(body)}` };
    const sent = { "content-type": "application/json", ...framing, ...headers };
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers: sent as never }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      const code = /"code":"([A-Z0-9_]+)"/.exec(text)?.[1];
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code });
    });
    request.on("error", reject);
    request.end(body);
  });
}
