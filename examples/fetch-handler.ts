// Sealing outside CloudFront, in whatever runs handlers of fetch: other edges, proxies, frameworks. `encryptBody` seals
// the body alone: rules for query, headers and cookies need the CloudFront handler, and no receipt is written.
import { encryptBody, FieldsealError, type Policy } from "@fieldseal/edge-encrypt";

/** A handler that hands requests on to `origin`, sealed, or answers why not. */
export function sealingHandler(policy: Policy, origin: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const { method } = request;
    // Routes are for paths without their query.
    const { pathname: path, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    const mediaType = headers.get("content-type") ?? "";
    // What the policy draws from headers; a viewer's header is a claim, which somebody must have verified.
    const context = { tenant: headers.get("x-tenant-id") ?? "" };
    const bytes = new Uint8Array(await request.arrayBuffer());
    let sealed: Uint8Array;
    try {
      sealed = await encryptBody({ bytes, mediaType, method, path, context }, policy);
    } catch (error) {
      const code = error instanceof FieldsealError ? error.code : "INTERNAL_ERROR";
      return Response.json({ code }, { status: code === "INTERNAL_ERROR" ? 500 : 400 });
    }
    for (const name of ["host", "connection", "content-length", "transfer-encoding"]) headers.delete(name);
    const body = sealed.length === 0 ? null : Buffer.from(sealed);
    return await fetch(new URL(path + search, origin), { method, headers, body, redirect: "manual" });
  };
}
