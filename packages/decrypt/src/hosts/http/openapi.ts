// What the service answers to, as an OpenAPI 3.1 document. Pure.
import { errorCodes } from "@fieldseal/core/errors";
import type { NamedSchema, ServiceRoute } from "./service-part.ts";

const refusals = ["400", "401", "403", "413", "415", "422", "429", "500", "503"];
const anyBody = { "*/*": { schema: { type: "string", contentMediaType: "application/octet-stream" } } };

/** The document that `GET /openapi.json` answers with, for a service of these routes. */
export function openApiDocument(routes: readonly ServiceRoute[]): object {
  const named = routes.flatMap((route) => ("json" in route ? [route.request, route.answer] : []));
  return {
    openapi: "3.1.0",
    info: { title: "Fieldseal service", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths: {
      ...Object.fromEntries(routes.map((route) => [route.path, { post: operation(route) }])),
      "/health": open("health", "Answers while the process runs.", "It runs.", "500"),
      "/ready": open("ready", "Answers whether requests would be served.", "They would.", "503"),
      "/metrics": open("metrics", "Counts for Prometheus.", "The text exposition format.", "500"),
      "/openapi.json": open("openapi", "This document.", "It.", "500"),
    },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: {
        Refusal: {
          description: "Refused, with a code.",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      schemas: { ...Object.fromEntries(named.map(({ name, schema }) => [name, schema])), Problem: problem },
    },
  };
}

const problem = {
  type: "object",
  required: ["code", "retryable", "status"],
  additionalProperties: false,
  properties: {
    code: { type: "string", enum: errorCodes },
    retryable: { type: "boolean" },
    status: { type: "integer" },
  },
};

function operation(route: ServiceRoute): object {
  const { operationId, summary, description } = route;
  const statuses = [...refusals, ...(route.refusals ?? [])].sort();
  const isJson = "json" in route;
  return {
    operationId,
    summary,
    requestBody: { required: true, content: isJson ? json(route.request) : anyBody },
    responses: answers({ description, content: isJson ? json(route.answer) : anyBody }, statuses),
  };
}

function json({ name }: NamedSchema): object {
  return { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } };
}

function open(operationId: string, summary: string, description: string, refusal: string): object {
  return { get: { operationId, summary, security: [], responses: answers({ description }, [refusal]) } };
}

function answers(ok: object, statuses: readonly string[]): object {
  const refused = statuses.map((status) => [status, { $ref: "#/components/responses/Refusal" }]);
  return { "200": ok, ...Object.fromEntries(refused) };
}
