export type { TokenServiceConfig } from "./service-config.ts";
export { readTokenServiceConfig } from "./service-config.ts";
export type { TokenLimits } from "./token-limits.ts";
export { defaultTokenLimits } from "./token-limits.ts";
export type { NamedSchema } from "./token-schemas.ts";
export type { TokenCaller, TokenRoute, TokenService, TokenServiceOptions } from "./token-service.ts";
export { createTokenService } from "./token-service.ts";
