// The demo is what a newcomer sees first: it must hold every claim it prints, through the built packages.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the demo checks all its claims and exits 0", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["examples/demo/demo.ts"], { cwd: root });
  expect(stdout).toContain("Every claim above was checked.");
  expect(stdout).not.toContain("NOT TRUE");
  expect(stdout.match(/✓/g)?.length).toBeGreaterThanOrEqual(12);
});
