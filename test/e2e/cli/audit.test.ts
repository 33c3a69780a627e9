// `audit verify` and `audit report` through the built command, over trails that the library writes.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type AuditEvent, createAuditTrail, ed25519Signer, fileSink } from "@fieldseal/decrypt/audit";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldseal, newFolder } from "./run.ts";

const event: AuditEvent = {
  ...{ time: "2026-11-01T00:00:00.000Z", principal: "role:support", purpose: "refund", requestId: undefined },
  ...{ field: "ssn", kid: "pii-1", envelope: "A".repeat(43), format: "native", binding: "field", outcome: "opened" },
};

describe("audit trails", () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    folder = newFolder();
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(at("trail.public.pem"), publicKey.export({ format: "pem", type: "spki" }));
    const signer = ed25519Signer({
      key: "trail-1",
      privateKey: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    });
    const trail = await createAuditTrail({
      sink: fileSink(at("audit.jsonl")),
      checkpoints: fileSink(at("checkpoints.jsonl")),
      signer,
    });
    await trail.accept([event, { ...event, field: "card-number", outcome: "masked" }]);
    await trail.accept([event]);
    await trail.close();
  });

  const signed = ["--checkpoints", "checkpoints.jsonl", "--ed25519-key", "trail-1=trail.public.pem"];

  it("verify, and their tail is proven where checkpoints say so", async () => {
    const { code, stdout } = await fieldseal(folder, ["audit", "verify", "audit.jsonl", ...signed]);
    expect([code, stdout.toString()]).toEqual([0, expect.stringContaining("tail proven")]);
    const without = await fieldseal(folder, ["audit", "verify", "audit.jsonl"]);
    expect([without.code, without.stdout.toString()]).toEqual([0, expect.stringContaining("tail unproven")]);
  });

  it("are broken where a line was changed: the first such line is named", async () => {
    const lines = readFileSync(at("audit.jsonl"), "utf8").split("\n");
    const index = lines.findIndex((line) => line.includes("card-number"));
    lines[index] = lines[index]!.replace("role:support", "role:nobody1");
    writeFileSync(at("edited.jsonl"), lines.join("\n"));
    const { code, stdout, stderr } = await fieldseal(folder, ["audit", "verify", "edited.jsonl"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("error[AUDIT_BROKEN]")]);
    expect(stdout.toString()).toContain(`line ${index + 1}: broken`);
  });

  it("are reported with a warning where they are not whole, and not at all where the file is no trail", async () => {
    const edited = readFileSync(at("audit.jsonl"), "utf8").replace("role:support", "role:nobody1");
    writeFileSync(at("warned.jsonl"), edited);
    const warned = await fieldseal(folder, ["audit", "report", "warned.jsonl"]);
    expect([warned.code, warned.stderr]).toEqual([0, expect.stringMatching(/^warning: the trail is not whole/)]);
    const foreign = await fieldseal(folder, ["audit", "report", "trail.public.pem"]);
    expect([foreign.code, foreign.stdout.length]).toEqual([1, 0]);
    expect(foreign.stderr).toMatch(/^error\[AUDIT_BROKEN\]/);
    writeFileSync(at("empty.jsonl"), "");
    expect((await fieldseal(folder, ["audit", "report", "empty.jsonl"])).code).toBe(0);
  });

  it("are broken where the tail was cut behind a checkpoint", async () => {
    const lines = readFileSync(at("audit.jsonl"), "utf8").trimEnd().split("\n");
    writeFileSync(at("cut.jsonl"), `${lines.slice(0, -2).join("\n")}\n`);
    const { code, stdout } = await fieldseal(folder, ["audit", "verify", "cut.jsonl", ...signed, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout.toString()).problems).toMatchObject([{ kind: "tail-cut" }]);
  });

  it("are counted by principal, purpose and field", async () => {
    const { code, stdout } = await fieldseal(folder, ["audit", "report", "audit.jsonl", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString()).counts).toMatchObject([
      { principal: "role:support", purpose: "refund", field: "ssn", opened: 2 },
      { principal: "role:support", purpose: "refund", field: "card-number", masked: 1 },
    ]);
  });

  it("need a key for checkpoints, and checkpoints for a key: exit 2", async () => {
    for (const options of [["--checkpoints", "checkpoints.jsonl"], signed.slice(2)]) {
      expect((await fieldseal(folder, ["audit", "verify", "audit.jsonl", ...options])).code).toBe(2);
    }
  });
});
