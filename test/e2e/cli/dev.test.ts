import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type Origin, startOrigin } from "@fieldseal/emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customersPolicy, fieldseal, keygen, newFolder, program, writeJson } from "./run.ts";

let folder: string;
let origin: Origin;
beforeAll(async () => {
  folder = newFolder();
  const policy = customersPolicy(await keygen(folder, "pii-1"), "pii-1");
  const [route] = policy.routes as Record<string, unknown>[];
  route!.query = [{ name: "email", select: "$.email", action: "encrypt", key: "ec-1" }];
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ec = { alg: "DHKEM-P256", publicKey: publicKey.export({ format: "pem", type: "spki" }) };
  policy.keys = { ...(policy.keys as object), "ec-1": ec };
  writeJson(folder, "policy.json", policy);
  origin = await startOrigin();
});
afterAll(() => origin.close());

describe("dev", () => {
  it("seals what goes to the origin, prints what was sealed, decrypts through its KMS, and ends on a signal", async () => {
    const args = ["dev", "--policy", "policy.json", "--origin", origin.url, "--policy-out", "dev.json", "--json"];
    const child = spawn(process.execPath, [program, ...args], { cwd: folder });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const urls = await new Promise<{ cloudfront: string; kms: string }>((resolve) => {
      child.stdout.once("data", (chunk: Buffer) => resolve(JSON.parse(chunk.toString())));
    });
    const send = (body: string, type = "application/json"): Promise<Response> => {
      const headers = { "content-type": type, "x-tenant-id": "acme" };
      return fetch(`${urls.cloudfront}/v1/customers?email=a%40example.org`, { method: "POST", headers, body });
    };
    expect((await send('{"ssn":"078-05-1120"}')).status).toBe(201);
    expect((await send('{"SSN":"078-05-1120"}')).status).toBe(400);
    expect((await send("%PDF", "application/pdf")).status).toBe(415);
    expect(origin.requests).toHaveLength(1);
    const stored = origin.last!.body;
    expect(stored.toString()).toMatch(/^\{"ssn":"fs1\./);
    const decrypt = ["decrypt", "--kms", "--endpoint", urls.kms, "--policy", path.join(folder, "dev.json")];
    const opened = await fieldseal(
      folder,
      [...decrypt, "--content-type", "application/json", "--context", "tenant=acme"],
      stored,
    );
    expect(opened.stdout.toString()).toBe('{"ssn":"078-05-1120"}');
    const email = new URL(origin.last!.url, origin.url).searchParams.get("email")!;
    expect(email).toMatch(/^fs1\.e\.ec-1\.email\./);
    const shown = await fieldseal(folder, [...decrypt, "--context", "tenant=acme"], email);
    expect(shown.stdout.toString()).toBe("a@example.org");
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toEqual({ method: "POST", path: "/v1/customers", sealed: { ssn: 1, email: 1 } });
    expect(lines[1]).toMatchObject({
      method: "POST",
      path: "/v1/customers",
      refused: "FIELD_NAME_VARIANT",
      field: "ssn",
    });
    expect(lines[2]).toMatchObject({ refused: "MEDIA_TYPE_UNSUPPORTED", hint: expect.stringContaining("mediaTypes") });
    expect(lines).toHaveLength(3);
    expect(stderr).not.toMatch(/078-05|example.org/);
  });

  it("does not write the local keys over the policy that it reads", async () => {
    const before = readFileSync(path.join(folder, "policy.json"));
    const args = ["dev", "--policy", "policy.json", "--origin", origin.url, "--policy-out", "./policy.json"];
    const { code, stderr } = await fieldseal(folder, args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[USAGE_INVALID\]: --policy-out names the policy itself/);
    expect(readFileSync(path.join(folder, "policy.json"))).toEqual(before);
  });

  it("reaches an origin at an address of IPv6", async () => {
    const server = createServer((_, response) => void response.writeHead(204).end());
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = ["dev", "--policy", "policy.json", "--origin", `http://[::1]:${port}`, "--json"];
    const child = spawn(process.execPath, [program, ...args], { cwd: folder });
    const [chunk] = (await once(child.stdout, "data")) as [Buffer];
    const { cloudfront } = JSON.parse(chunk.toString()) as { cloudfront: string };
    const headers = { "content-type": "application/json", "x-tenant-id": "acme" };
    const sent = await fetch(`${cloudfront}/v1/customers`, { method: "POST", headers, body: '{"ssn":"1"}' });
    expect(sent.status).toBe(204);
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
    server.close();
  });
});
