import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventBridgeServer, startEventBridge } from "./start-eventbridge.ts";

let bus: EventBridgeServer;
let client: EventBridgeClient;
beforeAll(async () => {
  bus = await startEventBridge({ refuseEntry: (index) => index === 1 });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new EventBridgeClient({ endpoint: bus.url, region: "us-east-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await bus.close();
});

const entry = (detail: string): PutEventsRequestEntry => ({ Source: "test", DetailType: "line", Detail: detail });
const put = (Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

test("PutEvents keeps entries in order and answers for each, refusals included", async () => {
  const answer = await put([entry('{"n":1}'), entry('{"n":2}'), { ...entry('{"n":3}'), EventBusName: "audit" }]);
  expect(answer.FailedEntryCount).toBe(1);
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, "ThrottlingException", undefined]);
  expect(bus.events.map(({ detail, eventBusName }) => [detail, eventBusName])).toEqual([
    ['{"n":1}', "default"],
    ['{"n":3}', "audit"],
  ]);
  expect(answer.Entries?.[0]?.EventId).toBe(bus.events[0]?.id);
});

test("PutEvents takes 1 to 10 entries of 256 KB together", async () => {
  const eleven = Array.from({ length: 11 }, () => entry("{}"));
  await expect(put(eleven)).rejects.toMatchObject({ name: "ValidationException" });
  await expect(put([])).rejects.toMatchObject({ name: "ValidationException" });
  const half = entry(JSON.stringify("x".repeat(140_000)));
  await expect(put([half, half])).rejects.toMatchObject({ name: "ValidationException" });
});

test("PutEvents refuses an entry without its members, or with a detail that is no JSON object, alone", async () => {
  const before = bus.events.length;
  const { Detail: _, ...without } = entry("");
  const answer = await put([{ ...entry("{}"), Source: "" }, without, entry("no"), entry("[]"), entry('{"n":4}')]);
  expect(answer.FailedEntryCount).toBe(4);
  const codes = ["InvalidArgument", "InvalidArgument", "MalformedDetail", "MalformedDetail", undefined];
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual(codes);
  expect(bus.events.slice(before).map(({ detail }) => detail)).toEqual(['{"n":4}']);
});
