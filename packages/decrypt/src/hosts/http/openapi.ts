// What the service answers to, as an OpenAPI 3.1 document. Pure.
import { errorCodes } from "@fieldseal/core/errors";

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

const json = (schema: Json): Json => ({ "application/json": { schema } });
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const answers = (ok: Json, refusals: readonly string[]): Json => ({
  "200": ok,
  ...Object.fromEntries(refusals.map((status) => [status, { $ref: "#/components/responses/Refusal" }])),
});
const refusals = ["400", "401", "403", "413", "415", "422", "429", "500", "503"];
const object = (properties: Readonly<Record<string, Json>>): Json => ({
  type: "object",
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});
const anyBody: Json = { "*/*": { schema: { type: "string", contentMediaType: "application/octet-stream" } } };

/** The document that `GET /openapi.json` answers with. */
export function openApiDocument(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Fieldseal decrypt service",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths: {
      "/v1/decrypt": {
        post: {
          operationId: "decrypt",
          summary: "Opens the envelopes of a body; it comes back in its own media type.",
          requestBody: { required: true, content: anyBody },
          responses: answers(
            { description: "The body, opened as far as the caller may see.", content: anyBody },
            refusals,
          ),
        },
      },
      "/v1/decrypt-field": {
        post: {
          operationId: "decryptField",
          summary: "Opens one envelope of one field.",
          requestBody: { required: true, content: json(ref("FieldRequest")) },
          responses: answers({ description: "The value as text.", content: json(ref("FieldAnswer")) }, refusals),
        },
      },
      "/v1/decrypt-batch": {
        post: {
          operationId: "decryptBatch",
          summary: "Opens many bodies, in order; each fails alone.",
          requestBody: { required: true, content: json(ref("BatchRequest")) },
          responses: answers(
            { description: "One result for each record.", content: json(ref("BatchAnswer")) },
            refusals,
          ),
        },
      },
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
          content: { "application/problem+json": { schema: ref("Problem") } },
        },
      },
      schemas: {
        FieldRequest: object({ field: { type: "string" }, envelope: { type: "string" } }),
        FieldAnswer: object({ value: { type: "string" } }),
        BatchRequest: object({
          records: {
            type: "array",
            maxItems: 1000,
            items: object({ mediaType: { type: "string" }, body: { type: "string" } }),
          },
        }),
        BatchAnswer: object({
          results: {
            type: "array",
            items: { oneOf: [object({ body: { type: "string" } }), object({ error: ref("Code") })] },
          },
        }),
        Code: object({ code: { type: "string", enum: errorCodes }, retryable: { type: "boolean" } }),
        Problem: object({
          code: { type: "string", enum: errorCodes },
          retryable: { type: "boolean" },
          status: { type: "integer" },
        }),
      },
    },
  };
}

function open(operationId: string, summary: string, description: string, refusal: string): Json {
  return { get: { operationId, summary, security: [], responses: answers({ description }, [refusal]) } };
}
