import { Agent, createServer as createHttpServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { afterEach, describe, expect, test } from "vitest";
import { startKms } from "../kms/start-kms.ts";
import { listenOnLoopback } from "../loopback/listen.ts";
import { type Origin, startOrigin } from "../origin/start-origin.ts";
import { type FaultProxy, type ProxyFaultPlan, startFaultProxy } from "./fault-proxy.ts";

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const answer = "a".repeat(100_000);
async function setUp(faults?: ProxyFaultPlan): Promise<{ origin: Origin; proxy: FaultProxy; agent: Agent }> {
  const origin = await startOrigin(() => ({ body: answer }));
  const proxy = await startFaultProxy({ target: origin.url, ...(faults && { faults }) });
  running.push(proxy, origin);
  return { origin, proxy, agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
}

/** Length of the answer, or the code of what went wrong with how many bytes had arrived. */
function get({ proxy, agent }: { proxy: FaultProxy; agent: Agent }): Promise<number | { code: string; bytes: number }> {
  return new Promise((resolve) => {
    let bytes = 0;
    const fail = (error: NodeJS.ErrnoException): void => resolve({ code: error.code ?? "", bytes });
    const request = httpRequest({ host: proxy.host, port: proxy.port, method: "POST", agent }, (response) => {
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve(bytes));
      response.on("error", fail);
    });
    request.on("error", fail);
    request.end("hello");
  });
}

describe("the fault proxy", () => {
  test("passes everything through when no fault is set", async () => {
    const setup = await setUp();
    expect([await get(setup), await get(setup)]).toEqual([100_000, 100_000]);
    expect(setup.origin.last?.body.toString()).toBe("hello");
  });

  test("reaches a target at an address of IPv6", async () => {
    const server = createHttpServer((_, response) => void response.end("six"));
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    const { port } = server.address() as AddressInfo;
    const proxy = await startFaultProxy({ target: `http://[::1]:${port}` });
    running.push(proxy);
    expect(await (await fetch(proxy.url)).text()).toBe("six");
    server.close();
  });

  test("cuts the next response in the middle, also on a kept-alive connection", async () => {
    const setup = await setUp();
    expect(await get(setup)).toBe(100_000);
    setup.proxy.faults.set({ cut: { afterBytes: 5000, next: 1 } });
    const cut = await get(setup);
    expect(cut).toMatchObject({ code: "ECONNRESET" });
    expect((cut as { bytes: number }).bytes).toBeLessThanOrEqual(5000);
    expect(await get(setup)).toBe(100_000);
    expect(setup.origin.requests).toHaveLength(3);
    expect(setup.proxy.faults.counts.cut).toBe(1);
  });

  test("lets no byte more pass to a client that reads slowly", async () => {
    const afterBytes = 16_000_001;
    const target = await listenOnLoopback(
      createServer((socket) => socket.on("error", () => {}).on("data", () => socket.write(Buffer.alloc(48_000_000)))),
      {},
    );
    const proxy = await startFaultProxy({ target: target.url, faults: { cut: { afterBytes } } });
    running.push(proxy, target);
    let bytes = 0;
    const client = connect(proxy.port, proxy.host).on("error", () => {});
    client.pause().write("x");
    await new Promise((resolve) => setTimeout(resolve, 300));
    client.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    client.resume();
    await new Promise((resolve) => client.on("close", resolve));
    expect(bytes).toBeLessThanOrEqual(afterBytes);
    expect(bytes).toBeGreaterThan(0);
  });

  test("resets before the request reaches the target", async () => {
    const setup = await setUp({ connectionReset: { next: 1 } });
    expect(await get(setup)).toMatchObject({ code: "ECONNRESET", bytes: 0 });
    expect(setup.origin.requests).toHaveLength(0);
    expect(await get(setup)).toBe(100_000);
  });

  test("holds requests back and then delivers them whole", async () => {
    const setup = await setUp({ latency: { ms: 150, next: 1 } });
    const held = get(setup);
    await expect.poll(() => setup.proxy.faults.counts.latency).toBe(1);
    await fetch(`${setup.origin.url}/overtakes`);
    expect(await held).toBe(100_000);
    expect(setup.origin.requests.map(({ url }) => url)).toEqual(["/overtakes", "/"]);
    expect(await get(setup)).toBe(100_000);
  });

  test("decides once for a request that comes in pieces", async () => {
    const { origin, proxy, agent } = await setUp({ latency: { ms: 1 } });
    const request = httpRequest({ host: proxy.host, port: proxy.port, method: "POST", agent });
    const status = new Promise((resolve) => {
      request.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode)));
    });
    request.write("first ");
    await expect.poll(() => proxy.faults.counts.latency).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    request.end("second");
    expect(await status).toBe(200);
    expect([origin.last?.body.toString(), proxy.faults.counts.latency]).toEqual(["first second", 1]);
  });

  test("the AWS SDK gets its answer through by retrying", async () => {
    const kms = await startKms({ keys: [{ keySpec: "SYMMETRIC_DEFAULT" }] });
    const proxy = await startFaultProxy({ target: kms.url, faults: { cut: { afterBytes: 60, next: 1 } } });
    running.push(proxy, kms);
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const client = new KMSClient({ endpoint: proxy.url, region: kms.region, credentials, maxAttempts: 3 });
    expect((await client.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
    expect(kms.calls).toEqual({ ListKeys: 2 });
    client.destroy();
  });

  test("a target that is gone ends the client's connection", async () => {
    const setup = await setUp();
    await setup.origin.close();
    expect(await get(setup)).toMatchObject({ code: "ECONNRESET" });
  });

  test.each([{ target: "nonsense" }, { target: "http://127.0.0.1:1", faults: { cut: { afterBytes: -1 } } }])(
    "%j is refused",
    async (options) => {
      await expect(startFaultProxy(options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    },
  );

  test("another host than 127.0.0.1 is refused", async () => {
    const call = startFaultProxy({ target: "http://127.0.0.1:1", host: "localhost" });
    await expect(call).rejects.toMatchObject({ code: "HOST_REFUSED" });
  });
});
