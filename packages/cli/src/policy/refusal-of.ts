// Whether the edge would refuse a recorded request: it is sealed once, and what comes of it is thrown away.
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import { createOriginRequestHandler, encryptBodySync } from "@fieldseal/edge-encrypt";
import { originRequestEvent } from "@fieldseal/emulator";
import type { Sample } from "./sample-file.ts";

/** Why the edge refuses, and where. */
export interface Refusal {
  readonly code: string;
  readonly field: string | undefined;
  readonly offset: number | undefined;
}

/** The refusal; null for none, and where method and path are not known. */
export async function refusalOf(policy: Policy, { request, body }: Sample): Promise<Refusal | null> {
  if (request === null) return null;
  const { method, path, head } = request;
  if (head === null) return body === null ? null : refusalOfBody(policy, { method, path, body });
  const headers = Object.fromEntries(head.headers);
  const declared = body !== null && !head.headers.has("content-type") ? { "content-type": body.contentType } : {};
  const refusals: Refusal[] = [];
  const log = ({ code, field, offset }: Refusal): unknown => refusals.push({ code, field, offset });
  const handler = createOriginRequestHandler({ policy, log });
  await handler(
    originRequestEvent({
      method,
      uri: path,
      querystring: head.querystring,
      headers: { ...headers, ...declared },
      body: body?.bytes ?? "",
    }),
  );
  return toldOf(refusals[0] ?? null);
}

/** Of a request without its headers: those that context is drawn from are taken to be there. */
function refusalOfBody(
  policy: Policy,
  {
    method,
    path,
    body,
  }: { readonly method: string; readonly path: string; readonly body: NonNullable<Sample["body"]> },
): Refusal | null {
  const match = matchRoute(policy, method, path);
  if (match.kind !== "route") return null;
  const drawn = match.route.context.filter(({ from }) => from === "header");
  const context = Object.fromEntries(drawn.map(({ key }) => [key, "sample"]));
  try {
    encryptBodySync({ bytes: body.bytes, mediaType: body.contentType, method, path, context }, policy);
    return null;
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    const { code, field, offset } = error;
    return toldOf({ code, field, offset });
  }
}

/** Here, and only here, nobody gave a tokenizer; and that no route covers a sample is told of in any case. */
function toldOf(refusal: Refusal | null): Refusal | null {
  return refusal?.code === "TOKENIZER_MISSING" || refusal?.code === "ROUTE_UNMATCHED" ? null : refusal;
}
