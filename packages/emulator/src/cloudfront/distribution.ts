// The settings of an emulated distribution, as its user gives them and as the emulator keeps them. Pure.
import type { CloudFrontHeaders } from "aws-lambda";
import { EmulatorError } from "../emulator-error.ts";
import { type HeaderInput, headerMap, headerPairs } from "../events/cloudfront-request.ts";
import { type EdgeEventType, type EdgeLimits, edgeLimits, type LimitUnits } from "../events/edge-limits.ts";
import type { FaultPlan } from "../faults/fault-switch.ts";
import type { ListenOptions } from "../loopback/listen.ts";
import type { OriginFraming } from "./forward.ts";
import { readHeaderMap } from "./header-rules.ts";
import { originHeaderProblem } from "./origin-headers.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";

/** The distribution's origin. */
export interface CloudFrontOriginOptions {
  readonly host: string;
  readonly port: number;
  /** Name in the event and in the Host header; `host` unless given. */
  readonly domainName?: string;
  /** Headers that CloudFront adds to every request to the origin, over the viewer's of the same name. */
  readonly customHeaders?: HeaderInput;
  /** Prefix of every path, such as `/api`. */
  readonly path?: string;
}

/** Options of {@link startCloudFront}. */
export interface CloudFrontOptions extends ListenOptions {
  readonly handler: EdgeRequestHandler;
  readonly origin: CloudFrontOriginOptions;
  /** The association's IncludeBody; true unless given (in production it is off by default). */
  readonly includeBody?: boolean;
  /** `origin-request` unless given. */
  readonly eventType?: EdgeEventType;
  /** What GET, HEAD and OPTIONS show as body when IncludeBody is on: nothing (default), or one with empty data. */
  readonly bodyOfReadMethods?: "undefined" | "empty";
  /** How bodies are framed towards the origin; `content-length` unless given. */
  readonly originFraming?: OriginFraming;
  /** What "1 MB" means in the limits; `decimal` (1,000,000 bytes) unless given. */
  readonly units?: LimitUnits;
  /** Milliseconds that the function may take; 30,000 at origin-request and 5,000 at viewer-request unless given. */
  readonly handlerTimeoutMs?: number;
  /** Milliseconds that the origin may stay silent; 30,000 unless given. */
  readonly originTimeoutMs?: number;
  readonly distributionId?: string;
  readonly distributionDomainName?: string;
  /** Faults in force from the start; `operations` are HTTP methods here. */
  readonly faults?: FaultPlan;
  /** Seed of the fault probabilities. */
  readonly seed?: string;
  /** Sees what the function threw; the log and the answer name only the error's class. */
  readonly onHandlerError?: (error: unknown) => void;
}

/** What the options come to. */
export interface Distribution {
  readonly options: CloudFrontOptions;
  readonly eventType: EdgeEventType;
  readonly limits: EdgeLimits;
  readonly customHeaders: CloudFrontHeaders;
  readonly domainName: string;
  readonly via: string;
}

/** Checks options and fills in defaults. @throws CONFIG_INVALID */
export function describeDistribution(options: CloudFrontOptions): Distribution {
  const { origin, eventType = "origin-request", units = "decimal", handlerTimeoutMs } = options;
  const limits = edgeLimits(eventType, units);
  let customHeaders: CloudFrontHeaders;
  try {
    customHeaders = readHeaderMap(headerMap(headerPairs(origin.customHeaders ?? {})));
  } catch (cause) {
    throw new EmulatorError("CONFIG_INVALID", "an origin custom header is not allowed", cause);
  }
  const problem = originHeaderProblem(customHeaders);
  if (problem !== undefined) throw new EmulatorError("CONFIG_INVALID", problem);
  return {
    options,
    eventType,
    limits: handlerTimeoutMs === undefined ? limits : { ...limits, timeoutMs: handlerTimeoutMs },
    customHeaders,
    domainName: origin.domainName ?? origin.host,
    via: `1.1 ${options.distributionDomainName ?? "d111111abcdef8.cloudfront.net"} (CloudFront)`,
  };
}
