// Where a client of the AWS SDK will send its requests, before it sends one. I/O: what the SDK reads of its environment.
import type { Endpoint } from "./loopback.ts";

/** A client of the AWS SDK, as far as this goes. */
export interface EndpointClient {
  readonly config: {
    readonly endpoint?: () => Promise<Endpoint>;
    /** Of variables and profiles (`AWS_ENDPOINT_URL_KMS`), which become `endpoint` with the first request only. */
    readonly serviceConfiguredEndpoint?: () => Promise<string | undefined>;
  };
}

/** Undefined for the service's own, which has TLS. */
export async function endpointOf({ config }: EndpointClient): Promise<Endpoint | undefined> {
  if (config.endpoint !== undefined) return await config.endpoint();
  const url = await config.serviceConfiguredEndpoint?.();
  return url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}
