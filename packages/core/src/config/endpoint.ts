// Where keys and secrets may be asked for: over TLS, or on this machine. Pure; clients arrive as arguments.

const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1)$/;
// Only emulators have it.
const emulatorAccount = ":000000000000:";

/** Where requests go. */
export interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
}

// Of every platform; declared here alone, since its own declaration is wider.
declare const URL: { canParse(url: string): boolean; new (url: string): Endpoint };

/** A client of the AWS SDK, as far as this goes. */
export interface EndpointClient {
  readonly config: {
    readonly endpoint?: () => Promise<Endpoint>;
    /** Of variables and profiles (`AWS_ENDPOINT_URL_KMS`), which become `endpoint` with the first request only. */
    readonly serviceConfiguredEndpoint?: () => Promise<string | undefined>;
  };
}

/** True for the names and addresses of this machine. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}

/** True for an endpoint that has TLS, or is on this machine. */
export function isSafeEndpoint({ protocol, hostname }: Endpoint): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** True for an endpoint without TLS away from this machine, and for a resource of an emulator's account anywhere else than on it. */
export function isUnsafeEndpoint(endpoint: Endpoint | undefined, resource: string): boolean {
  if (endpoint !== undefined && !isSafeEndpoint(endpoint)) return true;
  const isHere = endpoint !== undefined && isLoopback(endpoint.hostname);
  return !isHere && resource.includes(emulatorAccount);
}

/** Where a client will send its requests, before it sends one; undefined for the service's own, which has TLS. */
export async function endpointOf({ config }: EndpointClient): Promise<Endpoint | undefined> {
  if (config.endpoint !== undefined) return await config.endpoint();
  const url = await config.serviceConfiguredEndpoint?.();
  return url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}
