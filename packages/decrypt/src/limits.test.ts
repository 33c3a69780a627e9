import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { cloudWatchLogsSink } from "./audit/cloudwatch-logs/index.ts";
import { eventBridgeSink } from "./audit/eventbridge/index.ts";
import { createAuditTrail } from "./audit/index.ts";
import { createHttpHandler, jwtAuthentication } from "./hosts/http/index.ts";
import { decryptStreamBy } from "./hosts/stream/index.ts";
import { createDecryptor, pemKeys } from "./index.ts";
import { kmsCheckpoints, kmsKeys } from "./kms/index.ts";
import { secretsManagerKeys } from "./secrets-manager/index.ts";
import { parameterStoreKeys } from "./ssm/index.ts";

const keys = pemKeys({});
const client = new KMSClient({ region: "us-east-1" });
const logs = { client: new CloudWatchLogsClient({}), logGroupName: "g", logStreamName: "s" };
const sink = { append: async () => {} };
const service = {
  keys,
  access: { rules: [] },
  expect: { ssn: "$.ssn" },
  authenticate: jwtAuthentication({
    issuer: "i",
    audience: "a",
    algorithms: ["ES256"],
    keySet: { keys: { keys: [] } },
  }),
};
const stream = { decryptor: createDecryptor({ keys }), mediaType: "text/csv" };

const limits: [string, (limit: number) => unknown][] = [
  ["maxDataKeysPerRecord", (maxDataKeysPerRecord) => createDecryptor({ keys, maxDataKeysPerRecord })],
  ["maxKmsCallsPerCall", (maxKmsCallsPerCall) => createDecryptor({ keys, maxKmsCallsPerCall })],
  ["maxConcurrentKmsCalls", (maxConcurrentKmsCalls) => createDecryptor({ keys, maxConcurrentKmsCalls })],
  ["kmsTimeout", (kmsTimeout) => createDecryptor({ keys, kmsTimeout })],
  ["maxEntries", (maxEntries) => createDecryptor({ keys, cache: { maxEntries } })],
  ["maxAge", (maxAge) => createDecryptor({ keys, cache: { maxAge } })],
  ["maxUses", (maxUses) => createDecryptor({ keys, cache: { maxUses } })],
  ["burst", (burst) => createDecryptor({ keys, rateLimit: { burst, perSecond: 1 } })],
  ["failOverAfter", (failOverAfter) => kmsKeys({ client, failOverAfter, keys: {} })],
  ["timeout of checkpoints", (timeout) => kmsCheckpoints({ client, key: "k", timeout })],
  ["timeout of EventBridge", (timeout) => eventBridgeSink({ client: new EventBridgeClient({}), timeout })],
  ["timeout of CloudWatch Logs", (timeout) => cloudWatchLogsSink({ ...logs, timeout })],
  ["checkpointEvents", (checkpointEvents) => createAuditTrail({ sink, checkpointEvents })],
  ["checkpointSeconds", (checkpointSeconds) => createAuditTrail({ sink, checkpointSeconds })],
  ["maxUnproven", (maxUnproven) => createAuditTrail({ sink, maxUnproven })],
  ["maxBodyBytes", (maxBodyBytes) => createHttpHandler({ ...service, limits: { maxBodyBytes } })],
  ["maxSeconds", (maxSeconds) => createHttpHandler({ ...service, limits: { maxSeconds } })],
  ["maxConcurrent", (maxConcurrent) => createHttpHandler({ ...service, limits: { maxConcurrent } })],
  [
    "maxConcurrentPerPrincipal",
    (maxConcurrentPerPrincipal) => createHttpHandler({ ...service, limits: { maxConcurrentPerPrincipal } }),
  ],
  ["maxRecordBytes", (maxRecordBytes) => decryptStreamBy({ ...stream, maxRecordBytes })],
  ["batchRecords", (batchRecords) => decryptStreamBy({ ...stream, batchRecords })],
];

it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, undefined])(
  "fields do not come back at a rate of %o",
  (perSecond) => {
    const create = (rate: object): unknown => createDecryptor({ keys, rateLimit: { burst: 1, perSecond: 0, ...rate } });
    expect(() => create({ perSecond })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => create({ burst: perSecond })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => create({})).not.toThrow();
  },
);

it.each([{ issuer: undefined }, { audience: undefined }, { issuer: [] }, { audience: ["a"] }, { audience: "" }])(
  "tokens of any issuer or audience are not taken, where a variable is not set: %o",
  (unset) => {
    const jwt = { issuer: "i", audience: "a", algorithms: ["ES256"], keySet: { keys: { keys: [] } } };
    const create = (): unknown => jwtAuthentication({ ...jwt, ...(unset as object) });
    expect(create).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  },
);

describe("a limit that limits nothing is refused", () => {
  // NaN is what `Number` makes of a variable that is not set.
  it.each(limits)("%s", (_, create) => {
    for (const limit of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
      expect(() => create(limit)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    expect(() => create(1)).not.toThrow();
  });
});

it.each([Number.NaN, 0, -1, Number.POSITIVE_INFINITY])("keys are not fetched within %o ms", async (timeout) => {
  const refused = { code: "CONFIG_INVALID" };
  const stored = { "pii-1": { name: "/keys/pii-1" } };
  await expect(parameterStoreKeys({ client: new SSMClient({}), keys: stored, timeout })).rejects.toMatchObject(refused);
  const secrets = secretsManagerKeys({ client: new SecretsManagerClient({}), keys: stored, timeout });
  await expect(secrets).rejects.toMatchObject(refused);
});
