// The decrypt service as one handler for node:http. I/O: request and response.
import { checkArrays, checkObjects } from "@fieldseal/core/config";
import type { HostOptions } from "../host-reader.ts";
import { decryptPart } from "./decrypt-part.ts";
import { createServiceHandler, type HttpHandler, type ServiceHandlerOptions } from "./service-handler.ts";
import type { CreatePart } from "./service-part.ts";

export interface HttpHandlerOptions extends Omit<HostOptions, "audit">, Omit<ServiceHandlerOptions, "parts"> {
  /** What the service does besides. */
  readonly parts?: readonly CreatePart[];
}

/**
 * Creates a handler of `POST /v1/decrypt`, `/v1/decrypt-field`, `/v1/decrypt-batch` and `GET /health`, `/ready`,
 * `/metrics`, `/openapi.json`.
 *
 * @throws {FieldsealError} as every host: `CONFIG_INVALID` without `expect` or `access` and for options that there are
 * not, `CONTEXT_UNBOUND`.
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
  checkObjects({ options });
  return createServiceHandler(withDecryptPart(options));
}

/** The options of the service whose first part decrypts. */
export function withDecryptPart({
  parts = [],
  authenticate,
  limits,
  ready,
  audit,
  ...host
}: HttpHandlerOptions): ServiceHandlerOptions {
  checkArrays({ parts });
  return { parts: [decryptPart(host), ...parts], authenticate, limits, ready, audit };
}
