// A TCP proxy on 127.0.0.1 that delays, cuts or resets what passes through it; it reads no protocol. I/O.
import { connect, createServer, type Socket } from "node:net";
import { EmulatorError } from "../emulator-error.ts";
import { type ListenOptions, listenOnLoopback, type RunningServer } from "../loopback/listen.ts";
import { createFaultControl, type FaultSwitch, type FaultTrigger } from "./fault-switch.ts";

/** Cuts a response short. */
export interface CutFault extends FaultTrigger {
  /** How many bytes of the response still pass before the connection is reset. */
  readonly afterBytes: number;
}

/** What the proxy does to an exchange (one request and its response); a property left out is no fault. */
export interface ProxyFaultPlan {
  /** Holds the request back for so many milliseconds. */
  readonly latency?: FaultTrigger & { readonly ms: number };
  /** Resets the connection before the request reaches the target. */
  readonly connectionReset?: FaultTrigger;
  /** Resets the connection in the middle of the response. */
  readonly cut?: CutFault;
}

/** Options of {@link startFaultProxy}. */
export interface FaultProxyOptions extends ListenOptions {
  /** Where bytes go: a URL (only host and port count) or a host and port. */
  readonly target: string | { readonly host: string; readonly port: number };
  readonly faults?: ProxyFaultPlan;
  /** Seed of the probabilities. */
  readonly seed?: string;
}

/** A running fault proxy. */
export interface FaultProxy extends RunningServer {
  readonly faults: {
    /** Replaces the whole plan, also for open connections. @throws CONFIG_INVALID */
    set(plan: ProxyFaultPlan): void;
    clear(): void;
    /** How often each fault struck. */
    readonly counts: Readonly<Record<keyof ProxyFaultPlan, number>>;
  };
}

/**
 * Starts a TCP proxy that can delay a request, reset a connection, or cut a response in the middle.
 *
 * It decides once for each exchange: the first bytes from the client after the target has answered begin a new one, so
 * keep-alive connections are covered as long as the client does not pipeline.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 * @example
 * ```ts
 * import { startFaultProxy, startKms } from "@fieldseal/emulator";
 * const kms = await startKms();
 * const proxy = await startFaultProxy({ target: kms.url, faults: { cut: { afterBytes: 40, next: 1 } } });
 * // Point the KMS client at proxy.url: its first answer breaks off, the retry arrives.
 * await proxy.close();
 * await kms.close();
 * ```
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = parseTarget(options.target);
  const seed = options.seed ?? "proxy";
  const exchanges = createFaultControl({ seed });
  const cuts = createFaultControl({ seed: `${seed}:cut` });
  let afterBytes = 0;

  const set = ({ latency, connectionReset, cut }: ProxyFaultPlan): void => {
    if (cut !== undefined && (!Number.isInteger(cut.afterBytes) || cut.afterBytes < 0)) {
      throw new EmulatorError("CONFIG_INVALID", "cut: afterBytes must be a whole number of bytes");
    }
    exchanges.faults.set({ ...(latency && { latency }), ...(connectionReset && { connectionReset }) });
    cuts.faults.set(cut === undefined ? {} : { connectionReset: cut });
    afterBytes = cut?.afterBytes ?? 0;
  };
  set(options.faults ?? {});

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    pairLifetimes(client, upstream);
    let inResponse = true;
    let remaining = Number.POSITIVE_INFINITY;
    const reset = (): void => {
      client.resetAndDestroy();
      upstream.destroy();
    };
    client.on("data", (chunk: Buffer) => {
      const startsExchange = inResponse;
      inResponse = false;
      if (!startsExchange) return void upstream.write(chunk);
      const decision = exchanges.decide("exchange");
      if (decision.failure !== undefined) return reset();
      remaining = cuts.decide("exchange").failure === undefined ? Number.POSITIVE_INFINITY : afterBytes;
      if (decision.latencyMs === 0) return void upstream.write(chunk);
      client.pause();
      setTimeout(() => {
        if (upstream.destroyed) return;
        upstream.write(chunk);
        client.resume();
      }, decision.latencyMs).unref();
    });
    upstream.on("data", (chunk: Buffer) => {
      inResponse = true;
      if (chunk.length < remaining) {
        remaining -= chunk.length;
        client.write(chunk);
        return;
      }
      // Until the client has taken what is left to it, nothing more may come.
      upstream.pause();
      client.write(chunk.subarray(0, remaining), reset);
    });
  });
  const running = await listenOnLoopback(server, options);
  return { ...running, faults: proxySwitch(set, exchanges.faults, cuts.faults) };
}

function proxySwitch(
  set: (plan: ProxyFaultPlan) => void,
  exchanges: FaultSwitch,
  cuts: FaultSwitch,
): FaultProxy["faults"] {
  return {
    set,
    clear: () => set({}),
    get counts() {
      const { latency, connectionReset } = exchanges.counts;
      return { latency, connectionReset, cut: cuts.counts.connectionReset };
    },
  };
}

// Half-closes pass through; an error or the end of one side ends the other.
function pairLifetimes(client: Socket, upstream: Socket): void {
  for (const [near, far] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    near.on("end", () => far.end());
    near.on("error", () => far.destroy());
    near.on("close", () => far.destroy());
  }
}

function parseTarget(target: FaultProxyOptions["target"]): { host: string; port: number } {
  if (typeof target !== "string") return { host: target.host, port: target.port };
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined || url.hostname === "") throw new EmulatorError("CONFIG_INVALID", "target must be a URL");
  // A URL has brackets around an address of IPv6; a socket's address has none.
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
  };
}
