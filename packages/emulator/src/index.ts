// Public API of the emulators; re-exports only.
export type { AwsServer, AwsServerOptions, RequestLogEntry } from "./aws-server/aws-server.ts";
export type { CloudFrontOptions, CloudFrontOriginOptions } from "./cloudfront/distribution.ts";
export type { EdgeLogEntry, EdgeResult } from "./cloudfront/edge-log.ts";
export type { OriginFraming } from "./cloudfront/forward.ts";
export { isDisallowed as isHiddenHeader } from "./cloudfront/header-rules.ts";
export { loadHandler } from "./cloudfront/load-handler.ts";
export { isOriginCustomHeader } from "./cloudfront/origin-headers.ts";
export type { EdgeRequestHandler } from "./cloudfront/run-handler.ts";
export { type CloudFrontServer, startCloudFront } from "./cloudfront/start-cloudfront.ts";
export {
  type CloudWatchLogsOptions,
  type CloudWatchLogsServer,
  type LogEvent,
  startCloudWatchLogs,
} from "./cloudwatch-logs/start-cloudwatch-logs.ts";
export { EmulatorError, type EmulatorErrorCode } from "./emulator-error.ts";
export {
  type BusEvent,
  type EventBridgeOptions,
  type EventBridgeServer,
  startEventBridge,
} from "./eventbridge/start-eventbridge.ts";
export {
  type CustomOriginInput,
  type HeaderInput,
  type OriginRequestEventInput,
  originRequestEvent,
  type RequestEventInput,
  viewerRequestEvent,
} from "./events/cloudfront-request.ts";
export type { EdgeEventType, LimitUnits } from "./events/edge-limits.ts";
export {
  type CutFault,
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyFaultPlan,
  startFaultProxy,
} from "./faults/fault-proxy.ts";
export type { FaultKind, FaultPlan, FaultSwitch, FaultTrigger, LatencyFault } from "./faults/fault-switch.ts";
export type { KeyState, PendingDeletionError } from "./kms/key.ts";
export type { KeySpec, KeyUsage } from "./kms/key-spec.ts";
export { type InitialKey, type KmsKeySummary, type KmsOptions, type KmsServer, startKms } from "./kms/start-kms.ts";
export type { ListenOptions, RunningServer } from "./loopback/listen.ts";
export {
  type Origin,
  type OriginListener,
  type OriginReply,
  type RecordedRequest,
  startOrigin,
} from "./origin/start-origin.ts";
export { type ParameterStoreOptions, startParameterStore } from "./parameter-store/start-parameter-store.ts";
export type { StoredObject } from "./s3/buckets.ts";
export { type S3Options, type S3Server, startS3 } from "./s3/start-s3.ts";
export {
  type SecretsManagerOptions,
  type SecretValue,
  type SecretVersions,
  startSecretsManager,
} from "./secrets-manager/start-secrets-manager.ts";
