// Whether a host is this machine: what may be asked without TLS. Pure.

const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1)$/;

/** True for the names and addresses of the loopback interface. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}
