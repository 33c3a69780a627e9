// Binds a server to 127.0.0.1 and nothing else, and closes it promptly. I/O.
import type { AddressInfo, Server, Socket } from "node:net";
import { EmulatorError } from "../emulator-error.ts";

/** Where a server listens. */
export interface ListenOptions {
  /** Only `127.0.0.1`, the default; anything else is refused with `HOST_REFUSED`. */
  readonly host?: string;
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
}

/** A server that listens on 127.0.0.1. */
export interface RunningServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  /** Stops listening and ends every open socket; resolves when all are gone. Calling it again is harmless. */
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/** Starts `server` on 127.0.0.1. @throws HOST_REFUSED, CONFIG_INVALID, LISTEN_FAILED */
export async function listenOnLoopback(server: Server, options: ListenOptions): Promise<RunningServer> {
  const { host = LOOPBACK, port = 0 } = options;
  if (host !== LOOPBACK) {
    throw new EmulatorError("HOST_REFUSED", `emulators listen on ${LOOPBACK} only, not on ${JSON.stringify(host)}`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new EmulatorError("CONFIG_INVALID", "port must be an integer from 0 to 65535");
  }
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(new EmulatorError("LISTEN_FAILED", `cannot listen on port ${port}: ${cause.code}`, cause));
    });
    server.listen(port, LOOPBACK, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  return {
    host: LOOPBACK,
    port: bound,
    url: `http://${LOOPBACK}:${bound}`,
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}
