import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { createAuditTrail, fileSink } from "./index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-file-sink-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  ["of lines", "no line of a trail\n".repeat(2000)],
  ["of one line", "x".repeat(5_000_000)],
])("makes no trail of a file that is none, %s, and writes nothing to it", async (_, content) => {
  const file = path.join(folder, "other.log");
  writeFileSync(file, content);
  const trail = createAuditTrail({ sink: fileSink(file) });
  await expect(trail.check()).rejects.toThrow("does not end in lines of an audit trail");
  await trail.close();
  expect(readFileSync(file, "utf8") === content).toBe(true);
});

it("says why it takes nothing", async () => {
  const trail = createAuditTrail({ sink: fileSink(path.join(folder, "none", "trail.jsonl")) });
  await expect(trail.check()).rejects.toThrow("(ENOENT)");
  await trail.close();
});
