// Whether a host is this machine, and what may be asked of hosts that are not. Pure.

const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1)$/;

/** True for the names and addresses of the loopback interface. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}

/** Where a client of the AWS SDK sends its requests. */
export interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
}

// Only emulators have it.
const emulatorAccount = ":000000000000:";

/** True for `http:` away from this machine, and for a resource of an emulator's account anywhere else than on it. */
export function isUnsafeEndpoint(endpoint: Endpoint | undefined, resource: string): boolean {
  if (endpoint !== undefined && isLoopback(endpoint.hostname)) return false;
  return endpoint?.protocol === "http:" || resource.includes(emulatorAccount);
}
