// JSON Schemas of the token operations' requests and answers, for the service's OpenAPI document. Pure.

/** A JSON Schema and its name in the document. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: object;
}

/** Schemas of one direction, single and batch. */
export interface TokenSchemas {
  readonly request: NamedSchema;
  readonly answer: NamedSchema;
  readonly batchRequest: NamedSchema;
  readonly batchAnswer: NamedSchema;
}

const text = { type: "string" };
const name = { type: "string", minLength: 1, maxLength: 256 };

/** `input` and `output` name the text of a request, and the members of an answer. */
export function schemasOf(
  prefix: string,
  {
    input,
    output,
    maxItems,
  }: { readonly input: string; readonly output: readonly string[]; readonly maxItems: number },
): TokenSchemas {
  const request = object({ [input]: text, format: name }, { field: name, version: name, subject: name });
  const answer = object(Object.fromEntries(output.map((member) => [member, text])));
  const failure = object({ error: object({ code: text, retryable: { type: "boolean" } }) });
  return {
    request: { name: `${prefix}Request`, schema: request },
    answer: { name: `${prefix}Answer`, schema: answer },
    batchRequest: {
      name: `${prefix}BatchRequest`,
      schema: object({ items: { type: "array", maxItems, items: request } }),
    },
    batchAnswer: {
      name: `${prefix}BatchAnswer`,
      schema: object({ results: { type: "array", items: { oneOf: [answer, failure] } } }),
    },
  };
}

function object(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  const properties = { ...required, ...optional };
  return { type: "object", required: Object.keys(required), additionalProperties: false, properties };
}
