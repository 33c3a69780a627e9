// Which endpoints may carry secrets and rows. Pure.

const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1)$/;

/** Whether a host name is this machine's. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}

/** Where requests go. */
export interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
}

/** Whether an endpoint has TLS, or is on this machine. */
export function isSafeEndpoint({ protocol, hostname }: Endpoint): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
