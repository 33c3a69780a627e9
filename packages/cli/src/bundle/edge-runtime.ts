// The edge function that `fieldseal bundle` ships: built into one file, before which policy and options are written as
// constants.
import { createOriginRequestHandler, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import { restorePolicy } from "./restore-policy.ts";
import type { HandlerOptions } from "./write-module.ts";

declare const FIELDSEAL_POLICY: unknown;
declare const FIELDSEAL_OPTIONS: HandlerOptions;

export const handler: OriginRequestHandler = createOriginRequestHandler({
  ...FIELDSEAL_OPTIONS,
  policy: restorePolicy(FIELDSEAL_POLICY),
});
