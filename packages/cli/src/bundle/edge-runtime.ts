// The edge function that `fieldseal bundle` ships: built into one file, before which the policy is written as a constant.
import { createOriginRequestHandler, type OriginRequestHandler, parsePolicy } from "@fieldseal/edge-encrypt";

declare const FIELDSEAL_POLICY: unknown;

export const handler: OriginRequestHandler = createOriginRequestHandler({ policy: parsePolicy(FIELDSEAL_POLICY) });
