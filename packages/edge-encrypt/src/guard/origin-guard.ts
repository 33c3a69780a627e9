// The guard of an origin: Node http, Express, Fastify and Lambda, each before any parser of the body. I/O.
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { FieldsealError } from "@fieldseal/core/errors";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { quiet } from "../listeners.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { createRequestCheck, type OriginRequest } from "./check-request.ts";
import { createBodyNeed } from "./needs-body.ts";
import { checkOptions, type OriginGuardOptions } from "./options.ts";
import { hasBody, peekBody, readAll, readBefore } from "./read-body.ts";
import { answerOf, type GuardAnswer, type GuardEvent } from "./refusal.ts";

/** The parts of a Fastify request and reply that the hook uses. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}
export interface FastifyReplyLike {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
type LambdaHandler<C> = (event: APIGatewayProxyEventV2, context: C) => Promise<unknown>;

/** A guard: itself a middleware for Express and the like. */
export interface OriginGuard {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /** Wraps a listener of `node:http`. */
  listener(listener: Listener): Listener;
  /** A `preParsing` hook for Fastify; what it gives is never settled for a request that it has answered. */
  preParsing(request: FastifyRequestLike, reply: FastifyReplyLike, payload: Readable): Promise<Readable | undefined>;
  /** Wraps a Lambda handler behind API Gateway (HTTP API, format 2.0) or a function URL. */
  lambda<C>(handler: LambdaHandler<C>): LambdaHandler<C>;
  /** Checks a request in parts. @throws `FieldsealError` with the codes of docs/errors.md, Origin guard. */
  check(request: OriginRequest): Receipt | null;
}

const nothing = new Uint8Array(0);
const defaultMaxBodyBytes = 2 * 1024 * 1024;

/**
 * Creates a guard that lets only requests through which the edge has sealed: every selected field is an envelope of the
 * rule's key and name, and the receipt says the same. Anyone can write such a request with the public key: that it came
 * through CloudFront is proven by `secrets`, by `receiptKeys`, or by the network.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for policies that were not parsed, short secrets or keys, options that
 * there are not or of another kind, an `originPath` that is none, and where `maxBodyBytes` is no limit.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import type { parsePolicy } from "@fieldseal/edge-encrypt";
 * import { createOriginGuard } from "@fieldseal/edge-encrypt/guard";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * declare const secret: string;
 * const guard = createOriginGuard({ policy, secrets: [secret] });
 * createServer(guard.listener((request, response) => request.pipe(response)));
 * ```
 */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  checkOptions(options);
  const { policy, maxBodyBytes = defaultMaxBodyBytes } = options;
  const log = quiet(options.log ?? logLine);
  const check = createRequestCheck(options);
  const needsBody = createBodyNeed(options);

  /** Null where the request may pass. */
  const decide = (read: () => OriginRequest): GuardAnswer | null => {
    try {
      check(read());
      return null;
    } catch (error) {
      const { event, answer } = answerOf(error, policy.id);
      log(event);
      return answer;
    }
  };

  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const finish = (error: Error | null, body: Uint8Array): void => {
      const answer = decide(() => {
        if (error !== null) throw error;
        return requestOf(request, body);
      });
      if (answer === null) next();
      else send(request, response, answer);
    };
    if (hasBody(request) && needsBody(() => requestOf(request, nothing))) peekBody(request, maxBodyBytes, finish);
    else finish(null, nothing);
  };

  return Object.assign(middleware, {
    check,
    listener:
      (listener: Listener): Listener =>
      (request, response) =>
        middleware(request, response, () => listener(request, response)),
    preParsing: async ({ raw }: FastifyRequestLike, reply: FastifyReplyLike, payload: Readable) => {
      let body: Uint8Array | null = null;
      let failure: unknown;
      try {
        if (needsBody(() => requestOf(raw, nothing))) {
          if (hasBody(raw) && payload.readableDidRead) throw readBefore();
          body = await readAll(payload, maxBodyBytes);
        }
      } catch (error) {
        failure = error;
      }
      const answer = decide(() => {
        if (failure !== undefined) throw failure;
        return requestOf(raw, body ?? nothing);
      });
      if (answer !== null) {
        if (!raw.complete) reply.header("connection", "close");
        reply.code(answer.status);
        for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
        reply.send(answer.body);
        // Fastify goes on with a request whose hook is done before its answer is: hooks of others may take their time.
        return new Promise<never>(() => {});
      }
      if (body === null) return undefined;
      return Object.assign(Readable.from([body], { objectMode: false }), { receivedEncodedLength: body.length });
    },
    lambda:
      <C>(handler: LambdaHandler<C>): LambdaHandler<C> =>
      async (event, context) => {
        const answer = decide(() => requestOfEvent(event));
        return answer === null ? handler(event, context) : asLambdaResult(answer);
      },
  });
}

function requestOf(message: IncomingMessage, body: Uint8Array): OriginRequest {
  if (message.httpVersionMajor > 1) {
    throw new FieldsealError("EVENT_INVALID", "the request is of HTTP/2", {
      hint: "the guard reads HTTP/1.1, which CloudFront speaks to origins: end HTTP/2 in front of it",
    });
  }
  // Express cuts the mount path from `url`.
  const { originalUrl = message.url } = message as IncomingMessage & { readonly originalUrl?: string };
  return { method: message.method ?? "GET", url: originalUrl ?? "/", headers: linesOf(message), body };
}

/** The lines of each header. Adapters make requests that have `headers` alone. */
function linesOf({ headersDistinct, headers }: IncomingMessage): OriginRequest["headers"] {
  const distinct = Object.entries(headersDistinct ?? {});
  const known = distinct.length > 0 ? distinct : Object.entries(headers);
  return Object.fromEntries(known.map(([name, lines = []]) => [name, [lines].flat()]));
}

function requestOfEvent(event: APIGatewayProxyEventV2): OriginRequest {
  if (typeof event?.rawPath !== "string") {
    throw new FieldsealError("EVENT_INVALID", "the event is none of format 2.0", {
      hint: "REST APIs and load balancers send other formats: give their requests to `check`",
    });
  }
  const { rawQueryString, headers, cookies, body = "", isBase64Encoded } = event;
  // HTTP APIs hand it on decoded: a question mark in it begins no query.
  const path = event.rawPath.replaceAll("?", "%3F");
  const lines = Object.entries(headers).map(([name, value = ""]) => [name, [value]] as const);
  const cookie = cookies === undefined ? [] : [["cookie", [cookies.join("; ")]] as const];
  return {
    method: event.requestContext.http.method,
    url: rawQueryString === "" ? path : `${path}?${rawQueryString}`,
    headers: Object.fromEntries([...lines, ...cookie]),
    body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: GuardAnswer): void {
  // Somebody answered while the body came, as one who minds the time does; another answer would throw, out of everyone's
  // reach.
  if (response.headersSent) return;
  // What is left of the body is dropped; the connection cannot be used again.
  if (!request.complete && request.httpVersionMajor === 1) response.setHeader("connection", "close");
  request.resume();
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function asLambdaResult({ status, headers, body }: GuardAnswer): APIGatewayProxyStructuredResultV2 {
  return { statusCode: status, headers: { ...headers }, body };
}

function logLine(event: GuardEvent): void {
  console.warn(JSON.stringify(event));
}
