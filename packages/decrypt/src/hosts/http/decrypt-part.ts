// The part of the service that opens envelopes: a body, one field, a batch. Its description is JSON Schema.
import { errorCodes, FieldsealError } from "@fieldseal/core/errors";
import { createHostReader, type HostOptions, refuseUnknownOptions } from "../host-reader.ts";
import { maxRecords, openBatchOf, openFieldOf, openOne } from "../operations.ts";
import type { CreatePart, NamedSchema } from "./service-part.ts";

/**
 * The routes `/v1/decrypt`, `/v1/decrypt-field` and `/v1/decrypt-batch`.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for options that there are not, and an `audit` of its own, to which nothing
 * would go: the service has one for all parts; as every host, when the part is made: `CONFIG_INVALID` without `expect` or
 * `access`, `CONTEXT_UNBOUND`.
 */
export function decryptPart(options: Omit<HostOptions, "audit">): CreatePart {
  if ((options as HostOptions).audit !== undefined) {
    throw new FieldsealError("CONFIG_INVALID", 'the events of a part go to the "audit" or "trail" of its service');
  }
  refuseUnknownOptions(options, {});
  return (audit) => {
    const reader = createHostReader({ ...options, audit });
    return {
      routes: [
        {
          path: "/v1/decrypt",
          operationId: "decrypt",
          summary: "Opens the envelopes of a body; it comes back in its own media type.",
          description: "The body, opened as far as the caller may see.",
          body: (body, caller) => openOne(reader, body, caller),
        },
        {
          path: "/v1/decrypt-field",
          operationId: "decryptField",
          summary: "Opens one envelope of one field.",
          description: "The value as text.",
          request: fieldRequest,
          answer: fieldAnswer,
          json: (request, caller) => openFieldOf(reader, request, caller),
        },
        {
          path: "/v1/decrypt-batch",
          operationId: "decryptBatch",
          summary: "Opens many bodies, in order; each fails alone.",
          description: "One result for each record.",
          request: batchRequest,
          answer: batchAnswer,
          json: (request, caller) => openBatchOf(reader, request, caller),
        },
      ],
      circuits: () => options.keys.circuits?.() ?? [],
      close: () => reader.close(),
    };
  };
}

const text = { type: "string" };
const object = (properties: Readonly<Record<string, object>>): object => ({
  type: "object",
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});
const failure = object({ code: { type: "string", enum: errorCodes }, retryable: { type: "boolean" } });

const fieldRequest: NamedSchema = { name: "FieldRequest", schema: object({ field: text, envelope: text }) };
const fieldAnswer: NamedSchema = { name: "FieldAnswer", schema: object({ value: text }) };
const batchRequest: NamedSchema = {
  name: "BatchRequest",
  schema: object({ records: { type: "array", maxItems: maxRecords, items: object({ mediaType: text, body: text }) } }),
};
const batchAnswer: NamedSchema = {
  name: "BatchAnswer",
  schema: object({
    results: { type: "array", items: { oneOf: [object({ body: text }), object({ error: failure })] } },
  }),
};
