// Servers of others, with the paths that they take for a covered one: none of them may be uncovered at the edge.
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fc from "fast-check";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchRoute } from "../../packages/core/src/policy/index.ts";
import { parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { soak } from "../generators/soak.ts";
import { pii } from "./fixtures.ts";

const covered = "/v1/customers/*";
const policy = parsePolicy({
  version: 1,
  id: "paths",
  keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
  routes: [{ path: covered, fields: [{ name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1" }] }],
});

/** True where the edge forwards the path as one that no route covers. */
function isUncovered(path: string): boolean {
  try {
    return matchRoute(policy, "POST", path).kind === "none";
  } catch (error) {
    expect((error as { code: unknown }).code).toBe("PATH_AMBIGUOUS");
    return false;
  }
}

const ports: { Express?: number; URL?: number; [name: string]: number | undefined } = {};
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  const app = express();
  app.post("/v1/customers/:id", (_, response) => void response.send("covered"));
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, "127.0.0.1", () => resolve(started));
  });
  ports.Express = (server.address() as AddressInfo).port;
  closing.push(() => server.close());
  // As Node's own documentation finds the path.
  const bare = createServer(({ url }, response) => {
    const base = "http://shop.example";
    const isCovered = URL.canParse(url!, base) && /^\/v1\/customers\/[^/]+$/.test(new URL(url!, base).pathname);
    response.writeHead(isCovered ? 200 : 404).end();
  }).listen(0, "127.0.0.1");
  await once(bare, "listening");
  ports.URL = (bare.address() as AddressInfo).port;
  closing.push(() => bare.close());
  for (const [name, options] of [
    ["Fastify", {}],
    [
      "lenient Fastify",
      { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, useSemicolonDelimiter: true },
    ],
  ] as const) {
    const instance = fastify({ routerOptions: options as object });
    instance.post("/v1/customers/:id", () => "covered");
    await instance.listen({ port: 0, host: "127.0.0.1" });
    ports[name] = (instance.server.address() as AddressInfo).port;
    closing.push(() => instance.close());
  }
});
afterAll(() => Promise.all(closing.map((close) => close())));

function isTaken(name: string, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: ports[name], host: "127.0.0.1", method: "POST", path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on("error", reject).end();
  });
}

describe.each(["Express", "Fastify", "lenient Fastify", "URL"])("a path that %s takes for a covered one", (name) => {
  it.each([
    "/V1/customers/a%2Fb",
    "/v1/customers/a%2Fb/",
    "/V1/customers/..",
    "/V1/customers/..%2F..%2Fx",
    "/v1/customers/%2e%2e/",
    "/v1//customers/a%2fb",
    "/v1/customers/a%5Cb/",
    "/V1/customers/a;b",
    "//shop.example/v1/customers/a",
    "/\\x@y:1/v1/./customers/a;b",
  ])("is covered: %s", async (path) => {
    if (await isTaken(name, path)) expect(isUncovered(path)).toBe(false);
  });

  it("is covered, however it is spelled", async () => {
    const piece = fc.constantFrom("v1", "V1", "customers", "Customers", "c%75stomers", "..", ".", "a", "%2e%2e", "a;b");
    const separator = fc.constantFrom("/", "/", "/", "//", "%2F", "%2f", "%5C", "%252F", ";");
    const tail = fc.array(fc.tuple(separator, piece), { maxLength: 4 });
    const starts = name === "URL" ? ["//a;b/v1/customers/", "/\\v1\\v1/customers/"] : ["/V1/Customers/", "//v1/"];
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/v1/customers/", ...starts),
        piece,
        tail,
        fc.boolean(),
        async (start, first, rest, slash) => {
          const path = `${start}${first}${rest.flat().join("")}${slash ? "/" : ""}`;
          if (!(await isTaken(name, path))) return;
          taken++;
          expect([path, isUncovered(path)]).toEqual([path, false]);
        },
      ),
      { numRuns: soak(300) },
    );
    expect(taken).toBeGreaterThan(10);
  });
});
