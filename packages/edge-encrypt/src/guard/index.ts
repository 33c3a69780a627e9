// `@fieldseal/edge-encrypt/guard`: for origins, not for edge functions; re-exports only.
export { parseReceipt } from "../receipt/parse-receipt.ts";
export type { Receipt, ReceiptSeal } from "../receipt/receipt.ts";
export type { OriginRequest, RequestCheck } from "./check-request.ts";
export type { OriginGuardOptions } from "./options.ts";
export type { FastifyReplyLike, FastifyRequestLike, OriginGuard } from "./origin-guard.ts";
export { createOriginGuard } from "./origin-guard.ts";
export type { GuardAnswer, GuardEvent } from "./refusal.ts";
