import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CloudWatchLogsServer, startCloudWatchLogs } from "./start-cloudwatch-logs.ts";

const now = Date.parse("2026-11-22T10:00:00Z");
const day = 86_400_000;
let logs: CloudWatchLogsServer;
let client: CloudWatchLogsClient;
beforeAll(async () => {
  logs = await startCloudWatchLogs({ groups: ["audit"], now: () => now });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new CloudWatchLogsClient({ endpoint: logs.url, region: "us-east-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await logs.close();
});

const create = (logGroupName: string, logStreamName: string) =>
  client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
const put = (logStreamName: string, timestamps: number[], message = "line") =>
  client.send(
    new PutLogEventsCommand({
      logGroupName: "audit",
      logStreamName,
      logEvents: timestamps.map((timestamp) => ({ timestamp, message })),
    }),
  );

test("streams are made once, in groups that exist, and keep events in order", async () => {
  await create("audit", "a");
  await expect(create("audit", "a")).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
  await expect(create("other", "a")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(put("b", [now])).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  expect((await put("a", [now, now + 1])).rejectedLogEventsInfo).toBeUndefined();
  expect(logs.eventsOf("audit", "a")).toEqual([
    { timestamp: now, message: "line" },
    { timestamp: now + 1, message: "line" },
  ]);
});

test("events out of order, too large or over a day apart are refused, too old and too new ones told", async () => {
  await create("audit", "c");
  await expect(put("c", [now, now - 1])).rejects.toMatchObject({ name: "InvalidParameterException" });
  await expect(put("c", [now, now], "x".repeat(524_288))).rejects.toMatchObject({ name: "InvalidParameterException" });
  await expect(put("c", [now - day - 1, now])).rejects.toMatchObject({ name: "InvalidParameterException" });
  const { rejectedLogEventsInfo } = await put("c", [now - 15 * day, now, now + day]);
  expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
  expect(logs.eventsOf("audit", "c")).toEqual([{ timestamp: now, message: "line" }]);
});
