export type { RunningService } from "../http/index.ts";
export type {
  AuditConfig,
  AuthenticationConfig,
  CheckpointConfig,
  DecryptConfig,
  SectionReaders,
  Sections,
  ServiceConfig,
} from "./service-config.ts";
export { parseServiceConfig, parseServiceConfigWith } from "./service-config.ts";
export type { OtherParts, ServiceFiles } from "./start-configured-service.ts";
export { startConfiguredService } from "./start-configured-service.ts";
