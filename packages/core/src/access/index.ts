export type { Access, AccessDocument, AccessQuestion, ContextBinding, Grant, Who } from "./access.ts";
export { checkAccess, grantsOf, parseAccess, refuseUnboundContext } from "./access.ts";
export type { ContextSources } from "./host-context.ts";
export { bindingRules, contextOf } from "./host-context.ts";
export { mask, maskStars } from "./mask.ts";
export type { Rate, RateAlert, RateLimiter, RateLimiterOptions, RateStore } from "./rate-limit.ts";
export { createMemoryRateStore, createRateLimiter } from "./rate-limit.ts";
