import { once } from "node:events";
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { createOriginGuard } from "@fieldseal/edge-encrypt/guard";
import express, { type RequestHandler } from "express";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Answer, policyOf, type SendOptions, send } from "./edge-fixture.ts";
import { body, events, guarded, path, policy, type Running, start } from "./guard-fixture.ts";

/** How often an app's own code ran since the last test. */
let handled = 0;

/** Apps that answer 200 with the ssn that their own parser found, behind the guard. */
const apps: Readonly<Record<string, (guard: ReturnType<typeof createOriginGuard>) => Promise<RequestListener>>> = {
  "node:http": async (guard) =>
    guard.listener(async (request, response) => {
      handled++;
      let text = "";
      for await (const chunk of request) text += chunk;
      response.end(text === "" ? "nothing" : JSON.parse(text).ssn);
    }),
  "node:http with data events": async (guard) =>
    guard.listener((request, response) => {
      handled++;
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => response.end(text === "" ? "nothing" : JSON.parse(text).ssn));
    }),
  "Express with its JSON parser": async (guard) => {
    const app = express();
    app.use(guard);
    app.use(express.json());
    app.use((_request, _response, next) => {
      handled++;
      next();
    });
    app.all(/.*/, (request, response) => void response.send(request.body?.ssn ?? "nothing"));
    return app;
  },
  "Express behind an asynchronous middleware, mounted": async (guard) => {
    const app = express();
    app.use((_request, _response, next) => void setTimeout(next, 20));
    app.use("/v1", guard);
    app.use(express.json());
    app.use((_request, _response, next) => {
      handled++;
      next();
    });
    app.all(/.*/, (request, response) => void response.send(request.body?.ssn ?? "nothing"));
    return app;
  },
  "Fastify with its JSON parser": async (guard) => {
    const app = fastify({ serverFactory: (handler) => createServer(handler) });
    app.addHook("preParsing", guard.preParsing);
    app.all("/*", async (request) => {
      handled++;
      return (request.body as { ssn?: string } | undefined)?.ssn ?? "nothing";
    });
    await app.ready();
    return app.routing;
  },
};

afterEach(() => {
  handled = 0;
});

describe.each(Object.entries(apps))("the guard in %s", (_, app) => {
  let running: Running;
  beforeAll(async () => {
    running = await start(await app(guarded()));
  });
  afterAll(() => running.close());

  const viaEdge = (where: string, init: SendOptions): Promise<Answer> => send(running.edge.port, where, init);
  const direct = (where: string, init: SendOptions): Promise<Answer> => send(running.port, where, init);

  it("lets sealed requests through, and leaves the body to the app", async () => {
    const headers = { "x-phone": "1", cookie: "a=b; session=2", "x-debug": "1" };
    const answer = await viaEdge(`${path}?q=ada`, { body, headers });
    expect(answer).toMatchObject({ status: 200, text: expect.stringMatching(/^fs1\.r\.pii-1\.ssn\.[\w.-]+\.fs$/) });
    expect(events).toEqual([]);
  });

  it("lets large and chunked bodies through whole", async () => {
    const large = JSON.stringify({ ssn: "1", note: "ü".repeat(50_000) });
    const chunked = { "transfer-encoding": "chunked" };
    for (const headers of [{}, chunked]) {
      expect(await viaEdge(path, { body: large, headers })).toMatchObject({ status: 200 });
    }
  });

  it("lets requests without a body, and uncovered ones, through", async () => {
    expect(await viaEdge(path, { method: "GET" })).toMatchObject({ status: 200, text: "nothing" });
    expect(await viaEdge("/v1/other", { body })).toMatchObject({ status: 200, text: "078-05-1120" });
    expect(await direct("/v1/other", { method: "GET" })).toMatchObject({ status: 200, text: "nothing" });
  });

  it("refuses what did not pass the edge, with a problem and without a value", async () => {
    const answer = await direct(path, { body });
    expect(answer).toMatchObject({ status: 400, code: "RECEIPT_MISSING" });
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(handled).toBe(0);
    expect(answer.text + JSON.stringify(events)).not.toContain("078-05-1120");
    expect(events).toMatchObject([{ event: "fieldseal.guard-refused", code: "RECEIPT_MISSING" }]);
  });

  it("refuses the body of a method that no route of the path lists", async () => {
    expect(await direct(path, { method: "DELETE", body })).toMatchObject({ status: 400, code: "METHOD_NOT_COVERED" });
    expect(handled).toBe(0);
  });

  it("refuses two media types, of which the app may take the other one", async () => {
    const socket = connect(running.port, "127.0.0.1");
    const receipt = `x-fieldseal: v=1;p=${policy.digest};m=enforce;f=;k=`;
    const types = "content-type: application/json\r\ncontent-type: text/plain";
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${receipt}\r\n${types}\r\ncontent-length: 2\r\n\r\n{}`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 .*"code":"MEDIA_TYPE_MISMATCH"/s);
    socket.destroy();
    expect(handled).toBe(0);
  });

  it("finds the path in a target that names a host too, as routers do", async () => {
    const where = `http://shop.example${path}`;
    expect(await direct(where, { body })).toMatchObject({ status: 400, code: "PATH_AMBIGUOUS" });
    expect(handled).toBe(0);
  });

  it("refuses a body over its limit with 413", async () => {
    const strict = await start(await app(guarded({ maxBodyBytes: 1000 })));
    // What is left of the body would be taken for the next request.
    expect(await send(strict.port, path, { body: `"${"a".repeat(2_000_000)}"` })).toMatchObject({
      status: 413,
      code: "BODY_TOO_LARGE",
      headers: { connection: "close" },
    });
    await strict.close();
  });

  it("tells a client that goes away from a failure of its own", async () => {
    const socket = connect(running.port, "127.0.0.1");
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`);
    setTimeout(() => socket.destroy(), 100);
    await vi.waitFor(() => expect(events).toMatchObject([{ code: "BODY_TRUNCATED" }]));
    expect(handled).toBe(0);
  });
});

describe("the guard of a request that another middleware ends", () => {
  it("tells that its body is not whole", async () => {
    const app = express();
    app.use((request, _response, next) => {
      next();
      setTimeout(() => request.destroy(), 50);
    });
    app.use(guarded(), () => handled++);
    const running = await start(app);
    const socket = connect(running.port, "127.0.0.1");
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`);
    await vi.waitFor(() => expect(events).toMatchObject([{ code: "BODY_TRUNCATED" }]));
    expect(handled).toBe(0);
    socket.destroy();
    await running.close();
  });
});

describe("the guard behind a reader of the body", () => {
  it.each([
    ["all of it", express.json()],
    ["its beginning", ((request, _response, next) => void request.once("data", () => next())) as RequestHandler],
  ])("refuses what it cannot see, where that took %s", async (_, reader) => {
    const app = express();
    app.use(reader, guarded(), () => handled++);
    const running = await start(app);
    expect(await send(running.port, path, { body })).toMatchObject({ status: 400, code: "BODY_TRUNCATED" });
    expect(handled).toBe(0);
    expect(events).toMatchObject([{ hint: expect.stringContaining("before every parser") }]);
    await running.close();
  });
});

describe("the guard in Fastify", () => {
  const appOf = async (before: (raw: IncomingMessage) => unknown): Promise<FastifyInstance> => {
    const app = fastify({ serverFactory: (handler) => createServer(handler) });
    app.addHook("onRequest", async ({ raw }) => void (await before(raw)));
    app.addHook("preParsing", guarded().preParsing);
    app.all("/*", async () => `passed ${++handled}`);
    await app.ready();
    return app;
  };

  it("refuses what it cannot see, where an earlier hook took the body, unless there is none", async () => {
    const app = await appOf(async (raw) => {
      for await (const _ of raw);
    });
    const running = await start(app.routing);
    const receipt = { "x-fieldseal": `v=1;p=${policy.digest};m=enforce;f=;k=`, "content-type": "text/plain" };
    const chunked = { ...receipt, "transfer-encoding": "chunked" };
    expect(await send(running.port, path, { body, headers: chunked })).toMatchObject({ code: "BODY_TRUNCATED" });
    expect(await send(running.port, path, { method: "GET", headers: receipt })).toMatchObject({ text: "passed 1" });
    await running.close();
  });

  it("sees the headers of requests that are injected, which have no lists of lines", async () => {
    const app = await appOf(() => {});
    const receipt = { "x-fieldseal": `v=1;p=${policy.digest};m=enforce;f=;k=` };
    const codeOf = async (headers: Record<string, string>, payload = body): Promise<unknown> =>
      (await app.inject({ method: "POST", url: path, headers, payload: JSON.parse(payload) })).json().code;
    expect(await codeOf({})).toBe("RECEIPT_MISSING");
    expect(await codeOf(receipt)).toBe("FIELD_NOT_SEALED");
    expect(await codeOf({ ...receipt, "x-debug": "1" }, "{}")).toBe("FIELD_NOT_SEALED");
    const passed = await app.inject({ method: "POST", url: path, headers: receipt, payload: {} });
    expect(passed.body).toBe("passed 1");
  });
});

describe("the guard before HTTP/2", () => {
  it("refuses by name what it does not read: CloudFront does not speak it to origins", async () => {
    const server = createHttp2Server(guarded().listener(() => handled++) as never).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const request = client.request({ ":method": "POST", ":path": "/v1/other" }).end(body);
    const [headers] = await once(request, "response");
    expect(headers[":status"]).toBe(500);
    expect(events).toMatchObject([{ code: "EVENT_INVALID", hint: expect.stringContaining("HTTP/1.1") }]);
    expect(handled).toBe(0);
    client.destroy();
    server.close();
  });
});

describe("the guard in an app that does other things meanwhile", () => {
  it.each([
    ["waits for its answer", async () => {}],
    ["goes away", (running: Running) => running.server.closeAllConnections()],
  ])("hands nothing that it refused to Fastify, whose hooks take their time, where the client %s", async (_, leave) => {
    const app = fastify({ serverFactory: (handler) => createServer(handler) });
    let sends = 0;
    app.addHook("onSend", async () => {
      sends++;
      await sleep(100);
    });
    app.addHook("preParsing", guarded().preParsing);
    app.get("/*", async () => ++handled);
    await app.ready();
    const running = await start(app.routing);
    const headers = { "x-phone": "078-05-1120" };
    const answer = send(running.port, path, { method: "GET", headers }).catch(() => ({ status: 0 }));
    await vi.waitFor(() => expect(sends).toBe(1));
    await leave(running);
    expect([400, 0]).toContain((await answer).status);
    await sleep(200);
    expect([handled, sends]).toEqual([0, 1]);
    expect(events).toMatchObject([{ code: "RECEIPT_MISSING" }]);
    await running.close();
  });

  it("leaves the answer that an app has given already while the body came, and goes on", async () => {
    const app = express();
    app.use((_request, response, next) => {
      next();
      setTimeout(() => response.status(503).end("too late"), 50);
    });
    app.use(guarded(), () => handled++);
    const running = await start(app);
    const failures: unknown[] = [];
    const onFailure = (error: unknown): number => failures.push(error);
    process.once("uncaughtException", onFailure);
    const socket = connect(running.port, "127.0.0.1");
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain("503");
    socket.write("12345678");
    await vi.waitFor(() => expect(events).toMatchObject([{ code: "RECEIPT_MISSING" }]));
    await sleep(50);
    socket.destroy();
    process.off("uncaughtException", onFailure);
    expect(failures).toEqual([]);
    expect(handled).toBe(0);
    await running.close();
  });

  const inCapitals = (name: string): string => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  it.each([
    ["lower case", (name: string) => name, { "content-length": `${body.length}` }],
    ["capitals", inCapitals, { "content-length": `${body.length}` }],
    ["capitals, chunked", inCapitals, { "transfer-encoding": "chunked" }],
  ])(
    "reads the body of a request that an adapter made, complete before it is read, headers in %s",
    async (_, spell, framing) => {
      const message = new IncomingMessage(new Socket());
      const receipt = `v=1;p=${policy.digest};m=enforce;f=;k=`;
      const lower = { "content-type": "application/json", ...framing, "x-fieldseal": receipt };
      const headers = Object.fromEntries(Object.entries(lower).map(([name, value]) => [spell(name), value]));
      Object.assign(message, { complete: true, method: "POST", url: path, headers });
      const lines = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
      Object.defineProperty(message, "headersDistinct", { value: Object.fromEntries(lines) });
      message._read = () => {
        message.push(body);
        message.push(null);
      };
      const response = new ServerResponse(message);
      guarded()(message, response, () => handled++);
      await vi.waitFor(() => expect(events).toMatchObject([{ code: "FIELD_NOT_SEALED" }]));
      expect(handled).toBe(0);
    },
  );

  it("takes a chunked body in which nothing is, however late it is asked", async () => {
    const app = express();
    app.use((_request, _response, next) => void setTimeout(next, 50));
    app.use(guarded(), express.json(), (_request, response) => void response.send(`passed ${++handled}`));
    const running = await start(app);
    const headers = { "transfer-encoding": "chunked", "x-fieldseal": `v=1;p=${policy.digest};m=enforce;f=;k=` };
    expect(await send(running.port, path, { headers })).toMatchObject({ status: 200, text: "passed 1" });
    expect(events).toEqual([]);
    await running.close();
  });

  const passed: Readonly<Record<string, (guard: ReturnType<typeof createOriginGuard>) => Promise<RequestListener>>> = {
    "node:http": async (guard) =>
      guard.listener(async (request, response) => {
        let length = 0;
        for await (const chunk of request) length += chunk.length;
        response.end(`${length}`);
      }),
    Fastify: async (guard) => {
      const app = fastify({ serverFactory: (handler) => createServer(handler), bodyLimit: 10_000_000 });
      app.addHook("preParsing", guard.preParsing);
      app.addContentTypeParser("image/png", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      app.post("/*", async ({ body }) => `${(body as Buffer).length}`);
      await app.ready();
      return app.routing;
    },
  };
  it.each(Object.entries(passed))("passes uploads of any length that no rule is about, in %s", async (_, app) => {
    const uploads = policyOf({ methods: ["POST"] }, {}, [{ path: "/uploads/**", methods: ["POST"] }]);
    const running = await start(await app(guarded({ policy: uploads })), uploads);
    const headers = { "content-type": "image/png" };
    const upload = Buffer.alloc(3_000_000, 0xff);
    for (const where of ["/uploads/7", "/elsewhere"]) {
      expect(await send(running.edge.port, where, { body: upload, headers })).toMatchObject({
        status: 200,
        text: `${upload.length}`,
      });
    }
    expect(await send(running.port, path, { body: upload, headers })).toMatchObject({ code: "BODY_TOO_LARGE" });
    expect(await send(running.port, "/uploads/7", { body: upload, headers })).toMatchObject({
      code: "RECEIPT_MISSING",
    });
    await running.close();
  });
});
