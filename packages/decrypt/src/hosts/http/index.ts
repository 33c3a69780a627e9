export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type { Authenticate, JwtAuthenticationOptions, KeySet, PrincipalClaim } from "./authenticate.ts";
export { algorithmName, jwtAuthentication } from "./authenticate.ts";
export { decryptPart } from "./decrypt-part.ts";
export type { HttpHandlerOptions } from "./http-handler.ts";
export { createHttpHandler } from "./http-handler.ts";
export { openApiDocument } from "./openapi.ts";
export type { RequestLimits } from "./request-limits.ts";
export type { HttpHandler, ReadinessChecks, ServiceHandlerOptions } from "./service-handler.ts";
export { createServiceHandler } from "./service-handler.ts";
export type {
  BodyRoute,
  CreatePart,
  JsonRoute,
  NamedSchema,
  ServicePart,
  ServiceRoute,
} from "./service-part.ts";
export type { PartsServiceOptions, RunningService, ServiceOptions } from "./start-service.ts";
export { startPartsService, startService } from "./start-service.ts";
