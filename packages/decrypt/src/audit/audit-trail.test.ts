import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { type AuditEvent, type ChainReport, verifyChain } from "@fieldseal/core/audit";
import { startCloudWatchLogs, startEventBridge, startKms } from "@fieldseal/emulator";
import { afterAll, describe, expect, it } from "vitest";
import { kmsCheckpoints } from "../kms/index.ts";
import { openPrimitives } from "../primitives.ts";
import { cloudWatchLogsSink } from "./cloudwatch-logs/index.ts";
import { eventBridgeSink } from "./eventbridge/index.ts";
import {
  type CheckpointSigner,
  createAuditTrail,
  ed25519Signer,
  ed25519Verifier,
  fileSink,
  hmacSigner,
  type LineSink,
  reportAuditFile,
  verifyAuditFile,
} from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-audit-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
let count = 0;
const newFile = (): string => path.join(folder, `audit-${count++}.jsonl`);
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const event = (field = "ssn"): AuditEvent => ({
  time: "2026-11-22T10:00:00.000Z",
  principal: "role:support",
  purpose: "refund",
  requestId: undefined,
  field,
  kid: "pii-1",
  envelope: "A".repeat(43),
  format: "native",
  binding: "field",
  outcome: "opened",
});
const signer = hmacSigner({ key: "audit-1", secret: new Uint8Array(32).fill(7) });
const slowSigner = (milliseconds: number): CheckpointSigner => ({
  ...signer,
  sign: async (message) => {
    await setTimeout(milliseconds);
    return await signer.sign(message);
  },
});
const verify = (lines: readonly string[]): ChainReport =>
  verifyChain(
    lines.map((line) => Buffer.from(line)),
    openPrimitives,
  );

function memorySink(): LineSink & { readonly lines: string[]; fail: boolean } {
  const lines: string[] = [];
  return {
    lines,
    fail: false,
    async append(more) {
      if (this.fail) throw new Error("full");
      lines.push(...more);
    },
  };
}

describe("a trail", () => {
  it("keeps concurrent events in one chain and is proven after it was closed", async () => {
    const [file, checkpointFile] = [newFile(), newFile()];
    const trail = createAuditTrail({ sink: fileSink(file), checkpoints: fileSink(checkpointFile), signer });
    await Promise.all(Array.from({ length: 50 }, (_, index) => trail.accept([event(`f${index}`), event()])));
    await trail.close();
    const report = await verifyAuditFile(file, { file: checkpointFile, verifier: signer });
    expect(report).toMatchObject({ ok: true, events: 100, tail: "proven", badCheckpoints: [] });
    expect((await verifyAuditFile(file)).tail).toBe("unproven");
    expect((await reportAuditFile(file))[0]).toMatchObject({ principal: "role:support", field: "ssn", opened: 50 });
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  });

  it("resolves only when the sink has accepted, and begins a new writer after a failure", async () => {
    const sink = memorySink();
    const trail = createAuditTrail({ sink });
    await trail.accept([event()]);
    sink.fail = true;
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE", retryable: true });
    await expect(trail.check()).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    sink.fail = false;
    await trail.check();
    await trail.accept([event()]);
    expect(verify(sink.lines)).toMatchObject({ ok: true, events: 2, writers: [{ events: 1 }, { events: 1 }] });
  });

  it("makes a checkpoint at its first line and every so many events", async () => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    const trail = createAuditTrail({ sink, checkpoints, signer, checkpointEvents: 10 });
    for (let i = 0; i < 25; i++) {
      await trail.accept([event()]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(checkpoints.lines.map((line) => JSON.parse(line).seq)).toEqual([1, 11, 21]);
    await trail.close();
    expect(JSON.parse(checkpoints.lines.at(-1)!)).toMatchObject({ seq: 26, final: true });
  });

  it("makes a checkpoint after so many seconds", async () => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    const trail = createAuditTrail({ sink, checkpoints, signer, checkpointSeconds: 0.02 });
    await trail.check();
    await trail.accept([event()]);
    await expect.poll(() => checkpoints.lines.length).toBe(2);
    expect(JSON.parse(checkpoints.lines[1]!)).toMatchObject({ seq: 1, final: false });
    await trail.close();
  });

  it("makes one after so many seconds, too, where the one before took longer than that", async () => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    const trail = createAuditTrail({ sink, checkpoints, signer: slowSigner(60), checkpointSeconds: 0.02 });
    await trail.check();
    await trail.accept([event()]);
    await expect.poll(() => checkpoints.lines.map((line) => JSON.parse(line).seq)).toEqual([0, 1]);
    await trail.close();
  });

  it.each(["at the end", "in between"])("vouches for a writer whose sink failed %s", async (when) => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    const trail = createAuditTrail({ sink, checkpoints, signer });
    for (let i = 0; i < 3; i++) await trail.accept([event()]);
    sink.fail = true;
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    sink.fail = false;
    if (when === "in between") await trail.accept([event()]);
    await trail.close();
    const places = checkpoints.lines.map((line) => JSON.parse(line) as { writer: string; seq: number });
    for (const { writer, lines } of verify(sink.lines).writers) {
      expect(places).toContainEqual(expect.objectContaining({ writer, seq: lines - 1 }));
    }
  });

  it("makes none beside or after its last one", async () => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    const trail = createAuditTrail({ sink, checkpoints, signer: slowSigner(60), checkpointSeconds: 0.02 });
    await trail.check();
    await expect.poll(() => checkpoints.lines.length).toBe(1);
    await trail.accept([event()]);
    await trail.close();
    await setTimeout(100);
    expect(checkpoints.lines.map((line) => JSON.parse(line).final)).toEqual([false, true]);
  });

  it("closes its sinks behind the last line that is under way, also where no last one is made", async () => {
    const sink = memorySink();
    const calls: string[] = [];
    const note = (call: string) => async () => void calls.push(call);
    const checkpoints = { append: note("append"), close: note("close") };
    const trail = createAuditTrail({ sink, checkpoints, signer: slowSigner(20) });
    await trail.check();
    sink.fail = true;
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await trail.close();
    await setTimeout(50);
    expect(calls).toEqual(["append", "close"]);
  });

  it("closes its second sink, too, where the first one does not let itself be closed", async () => {
    let isClosed = false;
    const sink = { ...memorySink(), close: () => Promise.reject(new Error("stale")) };
    const checkpoints = {
      ...memorySink(),
      close: async () => {
        isClosed = true;
      },
    };
    const trail = createAuditTrail({ sink, checkpoints, signer });
    await trail.accept([event()]);
    await expect(trail.close()).rejects.toThrow("stale");
    expect(isClosed).toBe(true);
  });

  it("accepts nothing more where too many events wait for a checkpoint, until one is made", async () => {
    const [sink, checkpoints] = [memorySink(), memorySink()];
    checkpoints.fail = true;
    const options = { checkpointEvents: 5, maxUnproven: 8, checkpointSeconds: 0.02 };
    const trail = createAuditTrail({ sink, checkpoints, signer, ...options });
    for (let i = 0; i < 8; i++) await trail.accept([event()]);
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    checkpoints.fail = false;
    await expect
      .poll(() =>
        trail.accept([event()]).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await trail.close();
    expect(verify(sink.lines)).toMatchObject({ ok: true, events: 9 });
  });

  it("needs a signer for checkpoints, and a sink for a signer", () => {
    const config = expect.objectContaining({ code: "CONFIG_INVALID" });
    expect(() => createAuditTrail({ sink: memorySink(), signer })).toThrow(config);
    expect(() => createAuditTrail({ sink: memorySink(), checkpoints: memorySink() })).toThrow(config);
  });
});

describe("an audit file", () => {
  const write = async (file: string, events: number): Promise<void> => {
    const trail = createAuditTrail({ sink: fileSink(file, { fsync: false }) });
    for (let i = 0; i < events; i++) await trail.accept([event()]);
    await trail.close();
  };

  it("is joined by every writer that comes later", async () => {
    const file = newFile();
    await write(file, 2);
    await write(file, 3);
    const report = await verifyAuditFile(file);
    expect(report).toMatchObject({ ok: true, events: 5, writers: [{ closed: true }, { closed: true }] });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(JSON.parse(lines[4]!).joins).toEqual({
      writer: report.writers[0]!.writer,
      seq: 3,
      hash: JSON.parse(lines[3]!).hash,
    });
    writeFileSync(file, lines.slice(4).join("\n"));
    expect((await verifyAuditFile(file)).problems[0]).toMatchObject({ kind: "writer-missing" });
  });

  it.each(['{"type":"ev', '{"half\n{"type":"op', "é".repeat(60_000), "ends in a line feed\n"])(
    "is closed by a recovery line where a crash left %j",
    async (fragment) => {
      const file = newFile();
      await write(file, 2);
      appendFileSync(file, fragment.length > 100 ? Buffer.from(fragment).subarray(0, 100_001) : fragment);
      await write(file, 1);
      expect(await verifyAuditFile(file)).toMatchObject({ ok: true, events: 3, endsTorn: false });
      expect((await verifyAuditFile(file)).torn).toBe(fragment.trimEnd().split("\n").length);
    },
  );

  it("is refused where another process has written to it", async () => {
    const file = newFile();
    const trail = createAuditTrail({ sink: fileSink(file) });
    await trail.accept([event()]);
    await write(file, 1);
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await trail.accept([event()]);
    await trail.close();
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, events: 3 });
  });

  it("that was deleted takes nothing more: another writer begins in a file that is there", async () => {
    const file = newFile();
    const trail = createAuditTrail({ sink: fileSink(file) });
    await trail.accept([event()]);
    rmSync(file);
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
    await trail.accept([event()]);
    await trail.close();
    expect(await verifyAuditFile(file)).toMatchObject({ ok: true, events: 1 });
  });

  it("that cannot be read is FILE_UNREADABLE", async () => {
    await expect(verifyAuditFile(path.join(folder, "none"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  it("with a forged checkpoint is not ok, and names its line", async () => {
    const [file, checkpointFile] = [newFile(), newFile()];
    const other = hmacSigner({ key: "audit-1", secret: new Uint8Array(32).fill(8) });
    const trail = createAuditTrail({ sink: fileSink(file), checkpoints: fileSink(checkpointFile), signer: other });
    await trail.accept([event()]);
    await trail.close();
    const report = await verifyAuditFile(file, { file: checkpointFile, verifier: signer });
    expect(report).toMatchObject({ ok: false, tail: "unproven", badCheckpoints: [1, 2] });
  });
});

describe("checkpoints", () => {
  it("are signed with Ed25519", async () => {
    const pair = generateKeyPairSync("ed25519");
    const privateKey = pair.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }) as string;
    const [file, checkpointFile] = [newFile(), newFile()];
    const ed25519 = ed25519Signer({ key: "audit-2", privateKey });
    const trail = createAuditTrail({ sink: fileSink(file), checkpoints: fileSink(checkpointFile), signer: ed25519 });
    await trail.accept([event()]);
    await trail.close();
    const verifier = ed25519Verifier({ key: "audit-2", publicKey });
    const report = await verifyAuditFile(file, { file: checkpointFile, verifier });
    expect(report).toMatchObject({ ok: true, tail: "proven" });
    expect(() => ed25519Signer({ key: "k", privateKey: publicKey })).toThrow(
      expect.objectContaining({ code: "PRIVATE_KEY_INVALID" }),
    );
  });

  it("are MACs of KMS, which only that key verifies", async () => {
    const kms = await startKms({ keys: [{ keySpec: "HMAC_256" }, { keySpec: "HMAC_256" }] });
    const client = new KMSClient({ endpoint: kms.url, region: kms.region, credentials });
    const [one, two] = kms.keys().map(({ arn }) => kmsCheckpoints({ client, key: arn }));
    const [file, checkpointFile] = [newFile(), newFile()];
    const trail = createAuditTrail({ sink: fileSink(file), checkpoints: fileSink(checkpointFile), signer: one! });
    await trail.accept([event()]);
    await trail.close();
    const report = await verifyAuditFile(file, { file: checkpointFile, verifier: one! });
    expect(report).toMatchObject({ ok: true, tail: "proven" });
    const message = Buffer.from("m");
    expect(await two!.verify(message, await one!.sign(message))).toBe(false);
    client.destroy();
    await kms.close();
  });
});

describe("AWS sinks", () => {
  it("put each line on an event bus, again where the bus refused it", async () => {
    const bus = await startEventBridge({ refuseEntry: (index) => index % 7 === 3 });
    const client = new EventBridgeClient({ endpoint: bus.url, region: "us-east-1", credentials });
    const trail = createAuditTrail({ sink: eventBridgeSink({ client, eventBusName: "audit" }) });
    await trail.accept(Array.from({ length: 25 }, () => event()));
    await trail.close();
    const details = bus.events.map(({ detail }) => detail).sort((a, b) => JSON.parse(a).seq - JSON.parse(b).seq);
    expect(verify(details)).toMatchObject({ ok: true, events: 25, writers: [{ closed: true }] });
    expect(bus.events.every(({ eventBusName }) => eventBusName === "audit")).toBe(true);
    client.destroy();
    await bus.close();
    await expect(createAuditTrail({ sink: eventBridgeSink({ client }) }).accept([event()])).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
    });
  });

  it("leave a bus that refuses what it is given some time, and then give up", async () => {
    const bus = await startEventBridge({ refuseEntry: () => true });
    const client = new EventBridgeClient({ endpoint: bus.url, region: "us-east-1", credentials });
    const started = performance.now();
    const trail = createAuditTrail({ sink: eventBridgeSink({ client }) });
    await expect(trail.accept([event()])).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE", retryable: true });
    // Four pauses of 25, 50, 100 and 200 ms; timers may end a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(370);
    client.destroy();
    await bus.close();
  });

  it("give up a service that does not answer: nobody waits for a connection that is dead", async () => {
    const options = { region: "us-east-1", credentials, maxAttempts: 1 };
    const bus = await startEventBridge({});
    const logs = await startCloudWatchLogs({ groups: ["audit"] });
    const events = new EventBridgeClient({ ...options, endpoint: bus.url });
    const client = new CloudWatchLogsClient({ ...options, endpoint: logs.url });
    for (const { faults } of [bus, logs]) faults.set({ latency: { ms: 60_000 } });
    const sinks = [
      eventBridgeSink({ client: events, timeout: 50 }),
      cloudWatchLogsSink({ client, logGroupName: "audit", logStreamName: "two", timeout: 50 }),
    ];
    for (const sink of sinks) {
      await expect(createAuditTrail({ sink }).accept([event()])).rejects.toMatchObject({
        ...{ code: "AUDIT_UNAVAILABLE", retryable: true },
      });
    }
    events.destroy();
    client.destroy();
    await Promise.all([bus.close(), logs.close()]);
  });

  it("go on in CloudWatch Logs where somebody deleted the stream, with a new one of its name", async () => {
    const first = await startCloudWatchLogs({ groups: ["audit"] });
    const client = new CloudWatchLogsClient({ endpoint: first.url, region: "us-east-1", credentials });
    const sink = cloudWatchLogsSink({ client, logGroupName: "audit", logStreamName: "one" });
    await sink.append(["a"]);
    await first.close();
    const { port } = first;
    const emptied = await startCloudWatchLogs({ groups: ["audit"], port });
    await sink.append(["b", "c"]);
    expect(emptied.eventsOf("audit", "one")?.map(({ message }) => message)).toEqual(["b", "c"]);
    const gone = cloudWatchLogsSink({ client, logGroupName: "other", logStreamName: "one" });
    await expect(gone.append(["a"])).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    client.destroy();
    await emptied.close();
  });

  it("put each line into a log stream", async () => {
    const logs = await startCloudWatchLogs({ groups: ["audit"] });
    const client = new CloudWatchLogsClient({ endpoint: logs.url, region: "us-east-1", credentials });
    const options = { client, logGroupName: "audit", logStreamName: "one" };
    const trail = createAuditTrail({ sink: cloudWatchLogsSink(options) });
    await trail.accept(Array.from({ length: 25 }, () => event()));
    await trail.close();
    const lines = logs.eventsOf("audit", "one")!.map(({ message }) => message);
    expect(verify(lines)).toMatchObject({ ok: true, events: 25 });
    const late = cloudWatchLogsSink({ ...options, now: () => new Date(0) });
    await expect(createAuditTrail({ sink: late }).accept([event()])).rejects.toMatchObject({
      code: "AUDIT_UNAVAILABLE",
    });
    client.destroy();
    await logs.close();
  });
});
