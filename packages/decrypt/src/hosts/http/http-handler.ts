// The HTTP service as one handler for node:http: authenticates, limits, decrypts, answers. I/O: request and response.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyCircuit } from "../../keys/provider.ts";
import { type Caller, createHostReader, type HostOptions, type HostReader } from "../host-reader.ts";
import { openBatchOf, openFieldOf, openOne, requestOf } from "../operations.ts";
import { failureOf } from "../status.ts";
import type { Authenticate } from "./authenticate.ts";
import { circuitCheck } from "./circuit-check.ts";
import { createMetrics, type ServiceMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import { type Concurrency, createConcurrency, defaultLimits, type RequestLimits, readBody } from "./request-limits.ts";

/** What must work before requests are served, by name: each resolves where it does. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void>>>;

export interface HttpHandlerOptions extends HostOptions {
  readonly authenticate: Authenticate;
  readonly limits?: Partial<RequestLimits>;
  readonly ready?: ReadinessChecks;
}

export interface HttpHandler {
  /** Answers one request; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Refuses new requests, waits for those under way, and lets go of all keys. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

interface Service {
  readonly reader: HostReader;
  readonly authenticate: Authenticate;
  readonly limits: RequestLimits;
  readonly ready: ReadinessChecks;
  readonly concurrency: Concurrency;
  readonly metrics: ServiceMetrics;
}

type Open = (reader: HostReader, request: unknown, caller: Caller) => Promise<object>;

const operations: ReadonlyMap<string, Open | "body"> = new Map<string, Open | "body">([
  ["/v1/decrypt", "body"],
  ["/v1/decrypt-field", openFieldOf],
  ["/v1/decrypt-batch", openBatchOf],
]);
const readings: ReadonlyMap<string, (service: Service) => Promise<Answer>> = new Map([
  ["/health", async () => json(200, { status: "running" })],
  ["/ready", readiness],
  ["/metrics", rendered],
  ["/openapi.json", async () => json(200, openApiDocument())],
]);

/**
 * Creates a handler of `POST /v1/decrypt`, `/v1/decrypt-field`, `/v1/decrypt-batch` and `GET /health`, `/ready`,
 * `/metrics`, `/openapi.json`.
 *
 * @throws {FieldsealError} as every host: `CONFIG_INVALID` without `expect` or `access`, `CONTEXT_UNBOUND`.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { KeyProvider } from "@fieldseal/decrypt";
 * import { createHttpHandler, jwtAuthentication } from "@fieldseal/decrypt/http";
 * declare const keys: KeyProvider;
 * const { handle } = createHttpHandler({
 *   keys,
 *   access: { rules: [{ principal: "role:support", fields: { ssn: { mask: 4 } } }] },
 *   expect: { ssn: "$..ssn" },
 *   authenticate: jwtAuthentication({
 *     issuer: "https://issuer.example",
 *     audience: "decrypt",
 *     algorithms: ["ES256"],
 *     keySet: { url: "https://issuer.example/.well-known/jwks.json" },
 *     principal: { claim: "role", prefix: "role:" },
 *   }),
 * });
 * createServer(handle).listen(8080, "127.0.0.1");
 * ```
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const { authenticate, keys } = options;
  const circuits = (): readonly KeyCircuit[] => keys?.circuits?.() ?? [];
  const ready = { ...options.ready, ...circuitCheck(circuits) };
  const limits = { ...defaultLimits, ...options.limits };
  const concurrency = createConcurrency(limits);
  const metrics = createMetrics(() => concurrency.underWay, circuits);
  const reader = createHostReader({ ...options, audit: metrics.counting(options.audit) });
  const service: Service = { reader, authenticate, limits, ready, concurrency, metrics };
  return {
    handle: (request, response) => handle(service, request, response),
    async close() {
      await concurrency.drain();
      await reader.close();
    },
  };
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const requestId = randomUUID();
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  const isKnown = operations.has(path) || readings.has(path);
  let answer: Answer;
  try {
    answer = await answerOf(service, request, path, requestId);
  } catch (error) {
    answer = refusal(error, path);
  }
  service.metrics.answered(isKnown ? path : "other", answer.status, (performance.now() - started) / 1000);
  send(request, response, answer, requestId);
}

async function answerOf(service: Service, request: IncomingMessage, path: string, requestId: string): Promise<Answer> {
  const reading = readings.get(path);
  const operation = operations.get(path);
  if (reading === undefined && operation === undefined) {
    throw new FieldsealError("RESOURCE_UNKNOWN", "nothing is under this path");
  }
  if (request.method !== (reading === undefined ? "POST" : "GET")) {
    throw new FieldsealError("METHOD_NOT_ALLOWED", "the path has another method");
  }
  if (reading !== undefined) return await reading(service);
  const { authenticate, concurrency, limits } = service;
  const leave = concurrency.enter();
  let leaveAs = (): void => {};
  const work = (async () => {
    const caller = { ...(await authenticate(request.headers.authorization)), requestId };
    leaveAs = concurrency.enterAs(caller.principal);
    const { mediaType, coding } = headersOf(request);
    if (coding !== "identity") throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body is compressed");
    const bytes = await readBody(request, limits);
    return await opened(service.reader, operation!, { bytes, mediaType }, caller);
  })().finally(() => {
    leaveAs();
    leave();
  });
  return await inTime(work, limits.maxSeconds * 2);
}

async function opened(
  reader: HostReader,
  operation: Open | "body",
  body: { readonly bytes: Uint8Array; readonly mediaType: string },
  caller: Caller,
): Promise<Answer> {
  if (operation !== "body") {
    if (!/^application\/json *(?:;|$)/i.test(body.mediaType)) {
      throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "expects application/json");
    }
    return json(200, await operation(reader, requestOf(body.bytes), caller));
  }
  return { status: 200, headers: { "content-type": body.mediaType }, body: await openOne(reader, body, caller) };
}

function headersOf({ headers, headersDistinct }: IncomingMessage): { mediaType: string; coding: string } {
  const types = headersDistinct["content-type"] ?? [];
  if (types.length !== 1) throw new FieldsealError("MEDIA_TYPE_MISSING", "expects exactly one Content-Type");
  return { mediaType: types[0]!, coding: (headers["content-encoding"] ?? "identity").toLowerCase() };
}

async function inTime<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new FieldsealError("REQUEST_TIMEOUT", "the answer was not ready in time", { retryable: true }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readiness({ ready, concurrency }: Service): Promise<Answer> {
  const checks = await Promise.all(
    Object.entries(ready).map(async ([name, check]) => [name, await check().then(...verdict)] as const),
  );
  concurrency.enter()();
  const failed = checks.some(([, state]) => state !== "ok");
  const report = { checks: Object.fromEntries(checks) };
  return failed ? json(503, { code: "NOT_READY", retryable: true, status: 503, ...report }) : json(200, report);
}

const verdict = [() => "ok", () => "failed"] as const;

async function rendered({ metrics }: Service): Promise<Answer> {
  const { text, mediaType } = await metrics.render();
  return { status: 200, headers: { "content-type": mediaType }, body: text };
}

function refusal(error: unknown, path: string): Answer {
  const { status, code, retryable, retryAfter } = failureOf(error);
  const headers = {
    "content-type": "application/problem+json",
    ...(status === 401 ? { "www-authenticate": 'Bearer error="invalid_token"' } : {}),
    ...(status === 405 ? { allow: operations.has(path) ? "POST" : "GET" } : {}),
    ...(status === 429 || status === 503 ? { "retry-after": String(retryAfter) } : {}),
  };
  return { status, headers, body: JSON.stringify({ code, retryable, status }) };
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, requestId: string): void {
  if (response.destroyed) return;
  const { status, headers, body } = answer;
  // What is left of a body that was not read to its end would be taken for the next request.
  const rest = request.complete ? {} : { connection: "close" };
  const common = { "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestId };
  const length = { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...common, ...length, ...rest });
  response.end(body);
}
