export type { Caller, ContextSource, HostOptions } from "../host-reader.ts";
export type { Authenticate, JwtAuthenticationOptions, KeySet, PrincipalClaim } from "./authenticate.ts";
export { jwtAuthentication } from "./authenticate.ts";
export type { HttpHandler, HttpHandlerOptions, ReadinessChecks } from "./http-handler.ts";
export { createHttpHandler } from "./http-handler.ts";
export { openApiDocument } from "./openapi.ts";
export type { RequestLimits } from "./request-limits.ts";
export type { RunningService, ServiceOptions } from "./start-service.ts";
export { startService } from "./start-service.ts";
