import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createHttpHandler, jwtAuthentication, type RunningService } from "@fieldseal/decrypt/http";
import { describe, expect, it, vi } from "vitest";
import { customer, sealed } from "../../fixtures/shop.ts";
import { acme, claims, issuer, options, post, refused, shop, start } from "./decrypt-service.ts";

describe("a request", () => {
  it("opens one field", async () => {
    const service = await start();
    const { ssn } = JSON.parse(Buffer.from(acme).toString()) as { ssn: string };
    const ask = (body: object) => post(service, { path: "/v1/decrypt-field", body: JSON.stringify(body) });
    expect((await ask({ field: "ssn", envelope: ssn })).text).toBe(JSON.stringify({ value: customer.ssn }));
    expect(await ask({ field: "email", envelope: ssn })).toEqual(refused(422, "ENVELOPE_MISPLACED"));
    expect(await ask({ field: "other", envelope: ssn })).toEqual(refused(422, "ENVELOPE_MISPLACED"));
    expect(await ask({ field: "ssn" })).toEqual(refused(400, "REQUEST_INVALID"));
    expect(await ask({ field: "ssn", envelope: ssn, context: {} })).toEqual(refused(400, "REQUEST_INVALID"));
  });

  it("opens a batch, each record alone", async () => {
    const service = await start();
    const body = Buffer.from(acme).toString();
    const moved = JSON.stringify({ contact: { email: JSON.parse(body).ssn } });
    const records = [body, moved, "{", body].map((one) => ({ mediaType: "application/json", body: one }));
    const { text } = await post(service, { path: "/v1/decrypt-batch", body: JSON.stringify({ records }) });
    const { results } = JSON.parse(text) as { results: { body?: string; error?: object }[] };
    expect(JSON.parse(results[0]!.body!).ssn).toBe(customer.ssn);
    expect(results[1]).toEqual({ error: { code: "ENVELOPE_MISPLACED", retryable: false } });
    expect(results[2]).toEqual({ error: { code: "BODY_MALFORMED", retryable: false } });
    expect(results[3]).toEqual(results[0]);
  });

  it("never comes back as other characters than it had", async () => {
    const service = await start();
    const body = Buffer.from(acme).toString();
    const records = ['{"x":"\ud800"}', body].map((one) => ({ mediaType: "application/json", body: one }));
    const text = JSON.stringify({ records });
    const answer = await post(service, { path: "/v1/decrypt-batch", body: text });
    const { results } = JSON.parse(answer.text) as { results: { body?: string; error?: object }[] };
    expect(results[0]).toEqual({ error: { code: "BODY_NOT_UTF8", retryable: false } });
    expect(JSON.parse(results[1]!.body!).ssn).toBe(customer.ssn);
    const latin1 = Buffer.from(text.replace("\\ud800", "\xe9"), "latin1");
    const refusal = await post(service, { path: "/v1/decrypt-batch", body: latin1 });
    expect(refusal).toEqual(refused(400, "REQUEST_INVALID"));
  });

  it("is refused with a code where it is none of the service's", async () => {
    const service = await start(options({ limits: { maxBodyBytes: 2000 } }));
    expect(await post(service, { body: "{" })).toEqual(refused(400, "BODY_MALFORMED"));
    expect(await post(service, { path: "/v1/other" })).toEqual(refused(404, "RESOURCE_UNKNOWN"));
    expect(await post(service, { path: "/health" })).toEqual(refused(405, "METHOD_NOT_ALLOWED"));
    expect(await post(service, { headers: { "content-type": "image/png" } })).toEqual(
      refused(415, "MEDIA_TYPE_UNSUPPORTED"),
    );
    expect(await post(service, { headers: { "content-type": 'application/json; x="\xff"' } })).toEqual(
      refused(415, "MEDIA_TYPE_MISMATCH"),
    );
    const as = (type: string, body: string) => post(service, { headers: { "content-type": type }, body });
    expect(await as("application/x-www-form-urlencoded", "{")).toEqual(refused(400, "FORM_NOT_PLAUSIBLE"));
    expect(await as("application/xml", "<!DOCTYPE a><a/>")).toEqual(refused(400, "XML_DTD_REFUSED"));
    expect(await as("application/xml", '<a xmlns:i="http://www.w3.org/2001/XInclude"/>')).toEqual(
      refused(400, "XML_XINCLUDE_REFUSED"),
    );
    expect(await post(service, { headers: { "content-encoding": "gzip" } })).toEqual(
      refused(415, "CONTENT_CODING_UNSUPPORTED"),
    );
    expect(await post(service, { body: "x".repeat(2001) })).toEqual(refused(413, "BODY_TOO_LARGE"));
    expect(await post(service, { path: "/v1/decrypt-field", body: "{" })).toEqual(refused(400, "REQUEST_INVALID"));
  });

  it("that is larger than it said, in chunks, is refused", async () => {
    const service = await start(options({ limits: { maxBodyBytes: 2000 } }));
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(new Uint8Array(1000));
        controller.close();
      },
    });
    const response = await fetch(`${service.url}/v1/decrypt`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await issuer.token(claims)}` },
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("that a parser has read before is the service's fault, and not the sender's", async () => {
    const { file: _file, port: _port, trail: _trail, ...given } = options();
    const handler = createHttpHandler(given);
    const server = createServer(async (request, response) => {
      for await (const _ of request);
      await handler.handle(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await post({ url: `http://127.0.0.1:${port}` } as never)).toEqual(refused(500, "CONFIG_INVALID"));
    server.close();
    await handler.close();
  });

  it("that does not arrive in time is refused", async () => {
    const service = await start(options({ limits: { maxSeconds: 0.05 } }));
    const token = await issuer.token(claims);
    const head = ["POST /v1/decrypt HTTP/1.1", "host: x", "content-type: application/json", "content-length: 10"];
    const socket = connect(service.port, "127.0.0.1");
    socket.write(`${[...head, `authorization: Bearer ${token}`].join("\r\n")}\r\n\r\n{`);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    expect(answer).toContain("REQUEST_TIMEOUT");
  });

  it("gives its place back where the sender leaves while the caller is verified", async () => {
    const authenticate = jwtAuthentication(issuer.trust);
    const asked = Promise.withResolvers<void>();
    const answers = Promise.withResolvers<void>();
    const service = await start(
      options({
        limits: { maxConcurrent: 1 },
        authenticate: async (given) => {
          asked.resolve();
          await answers.promise;
          return await authenticate(given);
        },
      }),
    );
    const token = await issuer.token(claims);
    const head = ["POST /v1/decrypt HTTP/1.1", "host: x", "content-type: application/json", "content-length: 10"];
    const socket = connect(service.port, "127.0.0.1");
    socket.write(`${[...head, `authorization: Bearer ${token}`].join("\r\n")}\r\n\r\n{`);
    await asked.promise;
    socket.resetAndDestroy();
    await setTimeout(100);
    answers.resolve();
    await vi.waitFor(async () => expect(await post(service)).toMatchObject({ status: 200 }), 5000);
  });

  it("whose answer is late is refused, and does not keep the service from closing", async () => {
    shop.kms.faults.set({ latency: { ms: 8000 } });
    const service = await start(options({ limits: { maxSeconds: 0.1 } }));
    expect(await post(service)).toEqual(refused(503, "REQUEST_TIMEOUT"));
    const begun = performance.now();
    await service.close();
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  it("is refused where too many are under way, of all callers or of one", async () => {
    shop.kms.faults.set({ latency: { ms: 200 } });
    const all = await start(options({ limits: { maxConcurrent: 1 } }));
    const one = await start(options({ limits: { maxConcurrentPerPrincipal: 1 } }));
    const statuses = async (service: RunningService): Promise<number[]> =>
      (await Promise.all([post(service), post(service), post(service)])).map(({ status }) => status).sort();
    expect(await statuses(all)).toEqual([200, 503, 503]);
    expect(await statuses(one)).toEqual([200, 429, 429]);
  });

  it("gets one opaque answer for whatever fails behind the keys", async () => {
    const service = await start();
    const text = Buffer.from(acme).toString();
    const other = Buffer.from(await sealed(customer, "other"));
    const flipped = text.replace(/(.)(\.fs")/, (_, last: string, end: string) => (last === "A" ? "E" : "A") + end);
    const answers = await Promise.all([post(service, { body: other }), post(service, { body: flipped })]);
    const [first, second] = answers.map(({ status, text }) => ({ status, text }));
    expect(first).toEqual({ status: 422, text: '{"code":"DECRYPTION_FAILED","retryable":false,"status":422}' });
    expect(second).toEqual(first);
  });
});
