import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Origin, type OriginListener, startOrigin } from "./start-origin.ts";

let origin: Origin | undefined;
afterEach(async () => origin?.close());
const start = async (listener?: OriginListener): Promise<Origin> => {
  origin = await startOrigin(listener);
  return origin;
};

describe("the recording origin", () => {
  test("records method, url, headers and raw bytes, and answers 201 with the length", async () => {
    const { url, requests } = await start();
    const body = Uint8Array.of(0, 255, 10, 13);
    const response = await fetch(`${url}/a?b=c`, { method: "PUT", body, headers: { "X-Name": "v" } });
    expect([response.status, await response.json()]).toEqual([201, { receivedBytes: 4 }]);
    expect(requests).toMatchObject([{ method: "PUT", url: "/a?b=c", headers: { "x-name": "v" } }]);
    expect(requests[0]?.body).toEqual(Buffer.from(body));
  });

  test("answers what the listener says, with repeated headers; 500 when it throws", async () => {
    const { url } = await start(({ url: path }) => {
      if (path === "/throw") throw new Error("no");
      return { status: 404, headers: { "set-cookie": ["a=1", "b=2"] }, body: "gone" };
    });
    const response = await fetch(url);
    expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([
      404,
      "gone",
      ["a=1", "b=2"],
    ]);
    expect((await fetch(`${url}/throw`)).status).toBe(500);
  });

  test("clear forgets, last is the newest", async () => {
    const running = await start();
    await fetch(`${running.url}/1`);
    await fetch(`${running.url}/2`);
    expect(running.last?.url).toBe("/2");
    running.clear();
    expect([running.last, running.requests.length]).toEqual([undefined, 0]);
  });

  test("listens on 127.0.0.1 only, and says when a port is taken", async () => {
    for (const host of ["0.0.0.0", "::1", "localhost", ""]) {
      await expect(startOrigin(undefined, { host })).rejects.toMatchObject({ code: "HOST_REFUSED" });
    }
    const { port, host } = await start();
    expect(host).toBe("127.0.0.1");
    await expect(startOrigin(undefined, { port })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
    await expect(startOrigin(undefined, { port: 70_000 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("close ends half-open connections and can be called again", async () => {
    const { port, close } = await start();
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await close();
    await close();
    await ended;
  });
});
