export type { RunningService } from "../http/index.ts";
export type { AuditConfig, AuthenticationConfig, CheckpointConfig, ServiceConfig } from "./service-config.ts";
export { parseServiceConfig } from "./service-config.ts";
export { startConfiguredService } from "./start-configured-service.ts";
