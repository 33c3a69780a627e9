// What hostile bodies of 1 MB cost in memory, each in a process of its own.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const index = path.resolve(import.meta.dirname, "index.ts");
const program = `
  const { encryptBodySync, parsePolicy } = await import(process.argv[1]);
  const { generateKeyPairSync } = await import("node:crypto");
  const [unit, select, within] = process.argv.slice(2);
  const publicKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" });
  const rule = { name: "f", select, action: "encrypt", key: "k", required: true, ...(within ? { within } : {}) };
  const keys = { k: { alg: "RSA-OAEP-256", publicKey } };
  const policy = parsePolicy({ version: 1, id: "m", keys, routes: [{ path: "/**", fields: [rule] }] });
  const codeOf = (text) => {
    try { encryptBodySync({ bytes: Buffer.from(text), mediaType: "application/x-ndjson" }, policy); }
    catch (error) { return error.code; }
  };
  codeOf(unit);
  const text = unit.repeat(1e6 / unit.length);
  const before = process.resourceUsage().maxRSS;
  const code = codeOf(text);
  console.log(JSON.stringify({ code, megabytes: (process.resourceUsage().maxRSS - before) / 1024 }));`;

describe("1 MB of lines under a required rule", () => {
  it.each([
    ["numbers", "0\n", "$.a.b"],
    ["empty objects", "{}\n", "$..b"],
    ["objects without the field", '{"a":0}\n', "$.a.b"],
    ["texts of a short array", '"[1]"\n', "$[*].b", "json"],
    ["empty texts", '""\n', "$.b", "json"],
    ["texts of a long array", `"${JSON.stringify(Array(60_000).fill(0))}"\n`, "$[*].b", "json"],
  ])("costs less than 50 MB of memory: %s", async (_, ...args) => {
    const flags = ["--conditions=fieldseal-source", "--input-type=module", "-e", program];
    const { stdout } = await run(process.execPath, [...flags, index, ...args]);
    const { code, megabytes } = JSON.parse(stdout) as { code: string; megabytes: number };
    expect(code).toBe("TOO_MANY_FIELDS");
    expect(megabytes).toBeLessThan(50);
  });
});
