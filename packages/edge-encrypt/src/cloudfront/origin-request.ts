// The Lambda@Edge handler: read, seal, write; the one try/catch of this door.
import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { sealRequest, sealRequestSync } from "../request/seal-request.ts";
import { checkOptions } from "./check-options.ts";
import { withMetrics } from "./emf.ts";
import { type RefusalEvent, refusalOf, type SealedEvent } from "./log-events.ts";
import { problemResponse } from "./problem.ts";
import { openRequest, readRequest, requestOf } from "./read-request.ts";
import { type OriginRequestOptions, settingsOf } from "./settings.ts";
import { passRequest, shadowRequest, writeRequest } from "./write-request.ts";

export type OriginRequestHandler = (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>;

/**
 * Creates the handler of an origin-request or viewer-request function; which one it is, the event says. It fails closed:
 * whatever it is not sure to have sealed is answered with a problem response and never reaches the origin.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for a policy that was not parsed, and for options that there are not or of
 * another kind.
 *
 * @example
 * ```ts
 * import { createOriginRequestHandler, type parsePolicy } from "@fieldseal/edge-encrypt";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * export const handler = createOriginRequestHandler({ policy });
 * ```
 */
export function createOriginRequestHandler(given: OriginRequestOptions): OriginRequestHandler {
  const options = checkOptions(given);
  const settings = settingsOf(options);
  const { policy } = settings;
  const isShadow = settings.mode === "shadow";
  const line = options.requestLog === "emf" ? emfLine : logLine;
  const { log = line, onSealed = isShadow || options.requestLog !== undefined ? line : null } = options;
  return async (event) => {
    const start = performance.now();
    const elapsed = (): number => Math.round((performance.now() - start) * 1000);
    const requestId = event?.Records?.[0]?.cf?.config?.requestId;
    try {
      const request = requestOf(event);
      const read = readRequest(event, policy);
      if (read === null) return passRequest(request, settings);
      const routed = read.codings.length === 0 ? read : await openRequest(read);
      const sealed = options.tokenizer === undefined ? sealRequestSync(routed) : await sealRequest(routed, options);
      const written = isShadow
        ? shadowRequest(request, settings)
        : writeRequest(request, { routed, sealed, settings, requestId });
      onSealed?.({
        event: isShadow ? "fieldseal.would-seal" : "fieldseal.sealed",
        ...{ policy: policy.id, digest: policy.digest, route: routed.route.path.text, requestId },
        fields: Object.fromEntries(sealed.fields),
        ...{ bytesIn: routed.bytes.length, bytesOut: sealed.bytes.length, microseconds: elapsed() },
      });
      return written;
    } catch (error) {
      const refusal = refusalOf(error);
      const passes = isShadow && refusal.code !== "EVENT_INVALID";
      log({
        event: passes ? "fieldseal.would-refuse" : "fieldseal.refused",
        ...{ ...refusal, policy: policy.id, requestId, microseconds: elapsed() },
      });
      return passes ? shadowRequest(requestOf(event), settings) : problemResponse(refusal.code);
    }
  };
}

function emfLine(event: RefusalEvent | SealedEvent): void {
  console.log(JSON.stringify(withMetrics(event, Date.now())));
}

function logLine(event: RefusalEvent | SealedEvent): void {
  console.warn(JSON.stringify(event));
}
