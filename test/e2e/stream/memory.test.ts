// Bodies of any size in constant memory: 20 MB by default, 1 GB where FIELDSEAL_SOAK is set.
import { spawn } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { privateKeys } from "../../fixtures/sealing-policy.ts";
import { customer, sealed } from "../../fixtures/shop.ts";

const megabyte = 1_000_000;
const size = (process.env.FIELDSEAL_SOAK === undefined ? 20 : 1000) * megabyte;
const program = path.join(import.meta.dirname, "open-file.ts");

it("opens NDJSON of any size in less than 200 MB of memory", { timeout: 7_200_000 }, async () => {
  const pem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
  // One sealed record among plain ones, as lakes have them.
  const plain = JSON.stringify({ note: "x".repeat(4000), loyalty: 7 });
  const lines = [Buffer.from(await sealed(customer)).toString(), ...Array.from({ length: 9 }, () => plain)];
  const child = spawn(process.execPath, ["--conditions=fieldseal-source", "--no-warnings", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ size, pem, lines }));
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  const { highest, bytes, opened } = JSON.parse(output) as { highest: number; bytes: number; opened: number };
  const chunk = lines.reduce((sum, line) => sum + line.length + 1, 0);
  expect(opened).toBe(Math.ceil(size / chunk));
  expect(bytes).toBeGreaterThan(size * 0.9);
  expect(highest).toBeLessThan(200 * megabyte);
});
