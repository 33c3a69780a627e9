// A service that is killed while it writes leaves a trail that verifies, with every event that it had accepted.
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createAuditTrail, fileSink, hmacSigner, verifyAuditFile } from "@fieldseal/decrypt/audit";
import { afterAll, expect, it } from "vitest";
import { soak } from "../../generators/soak.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-crash-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const program = path.join(import.meta.dirname, "write-events.ts");
const verifier = hmacSigner({ key: "crash", secret: new Uint8Array(32).fill(1) });

/** Starts a writer, kills it after some batches, and tells how many events it had accepted. */
async function crash(file: string, checkpoints: string, batches: number): Promise<number> {
  const args = ["--conditions=fieldseal-source", "--no-warnings", program, file, checkpoints];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    if (output.split("\n").length > batches) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return Number(/accepted (\d+)\n(?!.*\n)/s.exec(output)![1]);
}

it(
  "leaves a chain that verifies after every kill, with all that was accepted",
  async () => {
    const [file, checkpointFile] = [path.join(folder, "audit.jsonl"), path.join(folder, "checkpoints.jsonl")];
    let accepted = 0;
    for (let round = 0; round < soak(5); round++) {
      accepted += await crash(file, checkpointFile, 3 + (round % 5) * 7);
      // Power can fail in mid-line, which a killed process alone seldom shows.
      const { size } = statSync(file);
      if (round % 2 === 0) appendFileSync(file, '{"event":{"binding":"fie');
      const report = await verifyAuditFile(file, { file: checkpointFile, verifier });
      expect(report).toMatchObject({ ok: true, problems: [], tail: "unproven", endsTorn: round % 2 === 0 });
      expect(report.events).toBeGreaterThanOrEqual(accepted);
      expect(size).toBeGreaterThan(0);
    }
    const trail = createAuditTrail({ sink: fileSink(file) });
    await trail.check();
    await trail.close();
    const report = await verifyAuditFile(file, { file: checkpointFile, verifier });
    expect(report).toMatchObject({ ok: true, endsTorn: false, torn: Math.ceil(soak(5) / 2) });
    expect(report.writers.length).toBe(soak(5) + 1);
  },
  soak(20_000),
);

it("does not verify once whole lines before a checkpoint are gone", async () => {
  const [file, checkpointFile] = [path.join(folder, "cut.jsonl"), path.join(folder, "cut-checkpoints.jsonl")];
  await crash(file, checkpointFile, 10);
  const lines = readFileSync(file, "utf8").split("\n");
  const kept = lines.slice(0, 40).reduce((sum, line) => sum + line.length + 1, 0);
  truncateSync(file, kept);
  const report = await verifyAuditFile(file, { file: checkpointFile, verifier });
  expect(report.problems).toMatchObject([{ kind: "tail-cut", found: 39 }]);
});
