// The edge function that `fieldseal bundle` ships: built into one file, before which the policy is written as a constant.
import { createOriginRequestHandler, type OriginRequestHandler } from "@fieldseal/edge-encrypt";
import { restorePolicy } from "./restore-policy.ts";

declare const FIELDSEAL_POLICY: unknown;

export const handler: OriginRequestHandler = createOriginRequestHandler({ policy: restorePolicy(FIELDSEAL_POLICY) });
