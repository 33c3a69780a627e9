// Requests as real clients write them, through the zip and CloudFront: what is in `{{ }}` arrives sealed, and every other
// byte as it came, or the request is refused with the code that stands here.

import { definePolicy } from "@fieldseal/edge-encrypt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Edge, keys, open, startEdge } from "./edge-fixture.ts";
import { documents, jsonBodies } from "./real-requests/documents.ts";
import { forms, multiparts } from "./real-requests/forms.ts";
import { cookies, otherCookies, paths, queries } from "./real-requests/heads.ts";
import type { Sent } from "./real-requests/request.ts";

const rule = { name: "v", action: "encrypt", key: "pii-1" } as const;
const select = (...selectors: string[]) => selectors.map((one) => ({ ...rule, select: one }));
const policy = definePolicy({
  version: 1,
  id: "real",
  keys,
  routes: [
    { path: "/api/login", methods: ["POST"], fields: select("$.password") },
    { path: "/users/{id}", methods: ["POST"], fields: select("$..ssn") },
    { path: "/users/{id}/cards", methods: ["POST"], fields: select("$..number") },
    { path: "/shop/**", fields: select("$..ssn", "$.card.number", "$.items[*].iban") },
    { path: "/form/**", fields: select("$.ssn", "$['card[number]']") },
    { path: "/patch/**", mediaTypes: ["application/json-patch+json"], fields: select("$[*].value") },
    { path: "/search", fields: select("$.ssn"), query: select("$.email") },
    { path: "/any/**", fields: select("$..ssn") },
    {
      path: "/page/**",
      cookies: [{ ...rule, cookie: "session" }],
      headers: [{ ...rule, header: "X-Phone" }],
    },
    { path: "/uploads/**" },
  ],
});

const envelope = /fs1\.r\.pii-1\.[\w-]+\.[\w-]+\.[\w-]+\.fs/g;
const marked = /\{\{(.*?)\}\}/g;
const plain = (text: string): string => text.replace(marked, "$1");

describe("real traffic", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ policy });
  });
  afterAll(() => edge.close());

  it.each([...jsonBodies, ...forms, ...multiparts, ...documents, ...paths, ...queries, ...cookies, ...otherCookies])(
    "%s: %s",
    async (_, path, { method = "POST", headers = {}, body, code }: Sent) => {
      edge.origin.clear();
      const lines = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, plain(value)]));
      const answer = await edge.send(plain(path), {
        method,
        headers: { "content-type": [], ...lines },
        ...(body !== undefined && { body: Buffer.from(plain(body), "latin1") }),
      });
      expect(answer.code).toBe(code);
      if (code !== undefined) {
        expect(edge.origin.requests).toHaveLength(0);
        return;
      }
      const arrived = edge.origin.last!;
      const names = Object.keys(lines);
      const before = [path, ...names.map((name) => headers[name]!), body ?? ""].join("\n");
      const after = [arrived.url, ...names.map((name) => arrived.headers[name]), arrived.body.toString("latin1")].join(
        "\n",
      );
      expect(after.replace(envelope, "{{}}")).toBe(before.replace(marked, "{{}}"));
      const opened = await Promise.all((after.match(envelope) ?? []).map((text) => open(text, "v")));
      expect(opened).toEqual(Array.from(before.matchAll(marked), ([, value]) => value));
    },
  );
});
