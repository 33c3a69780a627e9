// The HTTP service as one handler for node:http: authenticates, limits, has a part work, answers. I/O.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AuditSink, checkSink } from "@fieldseal/core/audit";
import { checkArrays, checkFunctions, checkObjects, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyCircuit } from "../../keys/provider.ts";
import { checkLimits } from "../../limits.ts";
import { type Caller, type HostBody, requireCaller, requireOptions } from "../host-reader.ts";
import { requestOf } from "../operations.ts";
import { failureOf } from "../status.ts";
import type { Authenticate } from "./authenticate.ts";
import { circuitCheck } from "./circuit-check.ts";
import { createMetrics, type ServiceMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import {
  type Concurrency,
  createConcurrency,
  defaultLimits,
  type RequestLimits,
  readBody,
  secondsToAnswer,
} from "./request-limits.ts";
import type { CreatePart, ServicePart, ServiceRoute } from "./service-part.ts";

/** What must work before requests are served, by name: each resolves where it does. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<void>>>;

export interface ServiceHandlerOptions {
  /** What the service does. */
  readonly parts: readonly CreatePart[];
  readonly authenticate: Authenticate;
  readonly limits?: Partial<RequestLimits> | undefined;
  readonly ready?: ReadinessChecks | undefined;
  /** Where the parts' events go. */
  readonly audit?: AuditSink | undefined;
}

const optionNames: Readonly<Record<keyof ServiceHandlerOptions, true>> = {
  parts: true,
  authenticate: true,
  limits: true,
  ready: true,
  audit: true,
};
/** Without `audit` nothing is written down: a misspelt one must not be passed over. */
const ofService: Named = { what: "a service's options", names: optionNames, code: "CONFIG_INVALID" };

const limitNames: Readonly<Record<keyof RequestLimits, true>> = {
  maxBodyBytes: true,
  maxSeconds: true,
  maxConcurrent: true,
  maxConcurrentPerPrincipal: true,
};
const ofLimits: Named = { what: "the limits of requests", names: limitNames, code: "CONFIG_INVALID" };

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
  readonly routes: ReadonlyMap<string, ServiceRoute>;
  readonly authenticate: Authenticate;
  readonly limits: RequestLimits;
  readonly ready: ReadinessChecks;
  readonly concurrency: Concurrency;
  readonly metrics: ServiceMetrics;
}

const readings: ReadonlyMap<string, (service: Service) => Promise<Answer>> = new Map([
  ["/health", async () => json(200, { status: "running" })],
  ["/ready", readiness],
  ["/metrics", rendered],
  ["/openapi.json", async ({ routes }: Service) => json(200, openApiDocument([...routes.values()]))],
]);

/**
 * Creates a handler of the parts' routes, and of `GET /health`, `/ready`, `/metrics` and `/openapi.json`.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without a part or `authenticate`, for options that there are not, two routes of
 * one path and limits that are not positive and finite, and what the parts throw.
 */
export function createServiceHandler(options: ServiceHandlerOptions): HttpHandler {
  refuseUnknownNames(options, ofService);
  requireOptions(options, ["authenticate"]);
  checkSink(options.audit);
  const { authenticate, parts: creators, ready: checks = {} } = options;
  checkFunctions({ authenticate });
  checkArrays({ parts: creators });
  checkObjects({ ready: checks });
  checkFunctions(checks);
  const limits = limitsOf(options.limits);
  const concurrency = createConcurrency(limits);
  const parts: ServicePart[] = [];
  const circuits = (): KeyCircuit[] => parts.flatMap((part) => part.circuits?.() ?? []);
  const metrics = createMetrics(() => concurrency.underWay, circuits);
  const audit = metrics.counting(options.audit);
  for (const create of creators) parts.push(create(audit));
  const ready = { ...checks, ...circuitCheck(circuits) };
  const routes = routesOf(parts.flatMap((part) => part.routes));
  const service: Service = { routes, authenticate, limits, ready, concurrency, metrics };
  return {
    handle: (request, response) => handle(service, request, response),
    async close() {
      await concurrency.drain();
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

/** One that is not set is the default: nothing is above `undefined`. */
function limitsOf(given: Partial<RequestLimits> = {}): RequestLimits {
  refuseUnknownNames(given, ofLimits);
  checkLimits({ ...given });
  const set = Object.entries(given).filter(([, limit]) => limit !== undefined);
  return { ...defaultLimits, ...Object.fromEntries(set) };
}

function routesOf(routes: readonly ServiceRoute[]): ReadonlyMap<string, ServiceRoute> {
  const byPath = new Map(routes.map((route) => [route.path, route]));
  if (routes.length === 0 || byPath.size !== routes.length || routes.some(({ path }) => readings.has(path))) {
    throw new FieldsealError("CONFIG_INVALID", "a service has one route or more, each with a path of its own");
  }
  return byPath;
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  const requestId = randomUUID();
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  const isKnown = service.routes.has(path) || readings.has(path);
  let answer: Answer;
  try {
    answer = await answerOf(service, request, path, requestId);
  } catch (error) {
    answer = refusal(error, service.routes.has(path) ? "POST" : "GET");
  }
  service.metrics.answered(isKnown ? path : "other", answer.status, (performance.now() - started) / 1000);
  send(request, response, answer, requestId);
}

async function answerOf(service: Service, request: IncomingMessage, path: string, requestId: string): Promise<Answer> {
  const reading = readings.get(path);
  const route = service.routes.get(path);
  if (reading === undefined && route === undefined) {
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
    const verified = await authenticate(request.headers.authorization);
    requireCaller(verified);
    const caller = { ...verified, requestId };
    leaveAs = concurrency.enterAs(caller.principal);
    const { mediaType, coding } = headersOf(request);
    if (coding !== "identity") throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body is compressed");
    const bytes = await readBody(request, limits);
    return await worked(route!, { bytes, mediaType }, caller);
  })().finally(() => {
    leaveAs();
    leave();
  });
  return await inTime(work, secondsToAnswer(limits));
}

async function worked(route: ServiceRoute, body: HostBody, caller: Caller): Promise<Answer> {
  if ("body" in route) {
    return { status: 200, headers: { "content-type": body.mediaType }, body: await route.body(body, caller) };
  }
  if (!/^application\/json *(?:;|$)/i.test(body.mediaType)) {
    throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "expects application/json");
  }
  return json(200, await route.json(requestOf(body.bytes), caller));
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

async function readiness({ ready, concurrency, limits }: Service): Promise<Answer> {
  const inSeconds = Math.min(limits.maxSeconds, maxReadinessSeconds);
  const checks = await Promise.all(
    Object.entries(ready).map(async ([name, check]) => {
      return [name, await inTime(check(), inSeconds).then(...verdict)] as const;
    }),
  );
  concurrency.enter()();
  const failed = checks.some(([, state]) => state !== "ok");
  const report = { checks: Object.fromEntries(checks) };
  return failed ? json(503, { code: "NOT_READY", retryable: true, status: 503, ...report }) : json(200, report);
}

const maxReadinessSeconds = 10;
const verdict = [() => "ok", () => "failed"] as const;

async function rendered({ metrics }: Service): Promise<Answer> {
  const { text, mediaType } = await metrics.render();
  return { status: 200, headers: { "content-type": mediaType }, body: text };
}

function refusal(error: unknown, method: string): Answer {
  const { status, code, retryable, retryAfter } = failureOf(error);
  const headers = {
    "content-type": "application/problem+json",
    ...(status === 401 ? { "www-authenticate": 'Bearer error="invalid_token"' } : {}),
    ...(status === 405 ? { allow: method } : {}),
    ...(retryable ? { "retry-after": String(retryAfter) } : {}),
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
