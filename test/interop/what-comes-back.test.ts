import { describe, expect, it } from "vitest";
import { encryptBody, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { readText } from "../repo/workspace.ts";
import { bytesOf, decryptorOf, form, json, pii, textOf } from "./fixtures.ts";

const section = /^### What comes back$(.*?)^## /ms.exec(readText("docs/policy.md"))![1]!;
const rows = Array.from(
  section.matchAll(/^\| `([a-z]+)` \| `([^`]+)` \| `([^`]+)` \| `([^`]+)`/gm),
  ([, action, property, value, opened]) => ({ action: action!, property: property!, value: value!, opened: opened! }),
);

async function back(action: string, property: string, text: string, mediaType = json): Promise<string> {
  const more = JSON.parse(`{${property}}`) as { readonly format?: string };
  const marks = more.format === "direct" ? { prefix: "#E1#", suffix: "#1E#" } : {};
  const key = action === "encrypt" ? { key: "pii-1" } : {};
  const policy = parsePolicy({
    version: 1,
    id: "back",
    keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
    routes: [{ path: "/**", fields: [{ name: "note", select: "$.note", action, ...key, ...more, ...marks }] }],
  });
  const bytes = await encryptBody({ bytes: bytesOf(text), mediaType }, policy);
  expect(textOf(bytes)).not.toBe(text);
  return textOf(await decryptorOf().decryptBody({ bytes, mediaType, expect: policy }));
}

describe("docs/policy.md, What comes back", () => {
  it("has a row for each format and each action that leaves a value", () => {
    const told = rows.map(({ action, property }) => `${action} ${property}`);
    for (const format of ["native", "jwe", "direct"]) expect(told).toContain(`encrypt "format": "${format}"`);
    for (const action of ["mask", "round"]) expect(rows.map((row) => row.action)).toContain(action);
  });

  it.each(rows)("is true: $action, $property, $value", async ({ action, property, value, opened }) => {
    expect(await back(action, property, `{ "x" : 1.0, "note":${value}}`)).toBe(`{ "x" : 1.0, "note":${opened}}`);
  });

  it.each([
    ["native", form, "note=a%2Bb+c&x=%7e", "note=a%2Bb+c&x=%7e"],
    ["jwe", form, "note=a%2Bb+c&x=%7e", "note=a%2Bb+c&x=%7e"],
    ["direct", form, "note=a%2bb%20c&x=%7e", "note=a%2Bb+c&x=%7e"],
  ])("is true in forms: %s", async (format, mediaType, text, opened) => {
    expect(await back("encrypt", `"format":"${format}"`, text, mediaType)).toBe(opened);
  });
});
