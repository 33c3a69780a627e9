import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customersPolicy, fieldseal, keygen, newFolder, program, writeJson } from "./run.ts";

const megabyte = 1_000_000;
const size = (process.env.FIELDSEAL_SOAK === undefined ? 60 : 1000) * megabyte;
const canary = "078-05-1120";
let folder: string;
/** The one line of a sealed record, and its envelope alone. */
let sealed: string;
let envelope: string;
const context = ["--context", "tenant=acme"];
const decrypt = ["decrypt", "--private-key", "pii-1=keys/pii-1.private.pem", "--policy", "policy.json", ...context];

beforeAll(async () => {
  folder = newFolder();
  writeJson(folder, "policy.json", customersPolicy(await keygen(folder, "pii-1"), "pii-1"));
  const encrypt = ["encrypt", "--policy", "policy.json", "--path", "/v1/customers/7", ...context];
  const { stdout } = await fieldseal(folder, [...encrypt, "--content-type", "application/json"], `{"ssn":"${canary}"}`);
  sealed = stdout.toString();
  envelope = (JSON.parse(sealed) as { ssn: string }).ssn;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const forms = (): readonly { type: string[]; head: string; line: string; opened: string }[] => [
  { type: ["--content-type", "application/x-ndjson"], head: "", line: sealed, opened: `{"ssn":"${canary}"}` },
  { type: ["--content-type", "text/csv"], head: "id,ssn\n", line: `1,${envelope}`, opened: `1,${canary}` },
  { type: [], head: "log\n", line: `ssn=${envelope} \xff`, opened: `ssn=${canary} \xff` },
];

describe("decrypt, of input without an end in sight", () => {
  it.each([0, 1, 2])(
    "gives what it has before the rest comes: %i",
    async (form) => {
      const { type, head, line, opened } = forms()[form]!;
      const child = spawn(process.execPath, [program, ...decrypt, ...type], { cwd: folder, stdio: "pipe" });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => {
        out += chunk.toString("latin1");
      });
      const filler = type[1] === "application/x-ndjson" ? '{"n":1}\n' : "2,\n";
      // So much that no record waits for others to share calls with.
      child.stdin.write(Buffer.from(`${head}${line}\n${filler.repeat(100_000)}`, "latin1"));
      await expect.poll(() => out.startsWith(`${head}${opened}\n`), { timeout: 20_000 }).toBe(true);
      expect(child.exitCode).toBeNull();
      child.stdin.end(Buffer.from(`${line}\n`, "latin1"));
      expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
      expect(out.endsWith(`\n${opened}\n`)).toBe(true);
    },
    60_000,
  );

  it("ends at a fault, however long its input stays open", async () => {
    const words = [program, ...decrypt, "--content-type", "application/x-ndjson"];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: "pipe" });
    child.stdin.write("{\n".repeat(1000));
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(said).toMatch(/^error\[BODY_MALFORMED\]/);
  });

  it("holds little of a large file", async () => {
    const file = path.join(folder, "large.ndjson");
    const plain = JSON.stringify({ note: "x".repeat(4000) });
    const lines = Buffer.from(`${[sealed, ...Array.from({ length: 9 }, () => plain)].join("\n")}\n`.repeat(20));
    const output = openSync(file, "w");
    for (let written = 0; written < size; written += lines.length) writeSync(output, lines);
    closeSync(output);
    const [input, opened] = [openSync(file, "r"), openSync(path.join(folder, "opened.ndjson"), "w")];
    const words = [program, ...decrypt, "--content-type", "application/x-ndjson"];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: [input, opened, "pipe"] });
    const peak = watchMemory(child);
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    for (const descriptor of [input, opened]) closeSync(descriptor);
    const records = statSync(file).size / (lines.length / 20);
    const shorter = (envelope.length - canary.length) * records;
    expect(statSync(path.join(folder, "opened.ndjson")).size).toBe(statSync(file).size - shorter);
    expect(peak()).toBeLessThan(200 * megabyte);
  }, 7_200_000);

  it.runIf(spawnSync("script", ["--version"]).status === 0)(
    "shows a person how far it is, and nobody else",
    () => {
      const words = [process.execPath, program, ...decrypt, "--content-type", "application/x-ndjson"];
      const command = `${words.map((word) => `'${word}'`).join(" ")} < large.ndjson > opened.ndjson`;
      const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: folder });
      expect(stdout.toString()).toMatch(/\[=* *\] +[0-9]+ % of [0-9.]+ MB, [0-9.]+ MB\/s/);
      expect(spawnSync("sh", ["-c", command], { cwd: folder }).stderr.toString()).toBe("");
    },
    7_200_000,
  );
});

/** The most memory that a process has had, in bytes. */
function watchMemory({ pid }: ChildProcess): () => number {
  let highest = 0;
  const timer = setInterval(() => {
    try {
      const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      highest = Math.max(highest, Number(peak ?? 0) * 1024);
    } catch {
      clearInterval(timer);
    }
  }, 20);
  return () => {
    clearInterval(timer);
    return highest;
  };
}

describe("decrypt --audit", () => {
  it("adds one event for each field to a trail that verifies, run after run", async () => {
    const who = ["--principal", "role:auditor", "--purpose", "case-7"];
    const audited = [...decrypt, ...who, "--audit", "trail.jsonl"];
    expect((await fieldseal(folder, [...audited, "--content-type", "application/json"], sealed)).code).toBe(0);
    const streamed = [...audited, "--content-type", "application/x-ndjson"];
    expect((await fieldseal(folder, streamed, `${sealed}\n${sealed}\n`)).code).toBe(0);
    expect((await fieldseal(folder, audited, sealed.replace(".fs", "x.fs"))).code).toBe(1);
    const text = readFileSync(path.join(folder, "trail.jsonl"), "utf8");
    const verified = await fieldseal(folder, ["audit", "verify", "trail.jsonl", "--json"]);
    expect(verified.code).toBe(0);
    const report = await fieldseal(folder, ["audit", "report", "trail.jsonl", "--json"]);
    expect(JSON.parse(report.stdout.toString())).toMatchObject({
      counts: [{ principal: "role:auditor", purpose: "case-7", field: "ssn", opened: 3 }],
    });
    expect(text).not.toContain(canary);
  });

  it("returns nothing where the trail cannot be written", async () => {
    const { code, stdout, stderr } = await fieldseal(folder, [...decrypt, "--audit", "none/trail.jsonl"], sealed);
    expect([code, stdout.length]).toEqual([1, 0]);
    expect(stderr).toContain("error[AUDIT_UNAVAILABLE]");
  });
});
