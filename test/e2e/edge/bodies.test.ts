import { createHash } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Edge, open, policyOf, startEdge } from "./edge-fixture.ts";

const path = "/v1/customers/7";
const body = '{"ssn":"078-05-1120","note":1.0}';
const sealed = /^\{"ssn":"(fs1\.[^"]+)","note":1\.0\}$/;

async function withEdge(options: Parameters<typeof startEdge>, run: (edge: Edge) => Promise<void>): Promise<void> {
  const edge = await startEdge(...options);
  try {
    await run(edge);
  } finally {
    await edge.close();
  }
}

describe("compressed bodies", () => {
  const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, "x-gzip": gzipSync } as const;

  it.each(Object.entries(codings))("in %s are refused unless the route opens them", async (coding, compress) => {
    await withEdge([{ policy: policyOf() }], async (edge) => {
      const answer = await edge.send(path, { headers: { "content-encoding": coding }, body: compress(body) });
      expect(answer).toMatchObject({ status: 415, code: "CONTENT_CODING_UNSUPPORTED" });
      expect(edge.origin.requests).toHaveLength(0);
    });
  });

  it.each(Object.entries(codings))("in %s are opened, sealed and forwarded without it", async (coding, compress) => {
    await withEdge([{ policy: policyOf({ onCompressed: "open" }) }], async (edge) => {
      await edge.send(path, { headers: { "content-encoding": coding }, body: compress(body) });
      const { headers, body: arrived } = edge.origin.last!;
      expect(headers["content-encoding"]).toBeUndefined();
      expect(await open(sealed.exec(arrived.toString())![1]!, "ssn")).toBe("078-05-1120");
    });
  });

  it("are forwarded without the coding even where nothing is selected", async () => {
    await withEdge([{ policy: policyOf({ onCompressed: "open" }) }], async (edge) => {
      await edge.send(path, { headers: { "content-encoding": "gzip" }, body: gzipSync('{"a":1}') });
      expect(edge.origin.last!.headers["content-encoding"]).toBeUndefined();
      expect(edge.origin.last!.body.toString()).toBe('{"a":1}');
    });
  });

  it.each([
    ["a bomb", "gzip", gzipSync(Buffer.alloc(5_000_000, " ")), "BODY_TOO_LARGE", 413],
    ["a brotli bomb", "br", brotliCompressSync(Buffer.alloc(5_000_000, " ")), "BODY_TOO_LARGE", 413],
    ["two codings", "gzip, br", gzipSync(body), "CONTENT_CODING_UNSUPPORTED", 415],
    ["an unknown coding", "zstd", gzipSync(body), "CONTENT_CODING_UNSUPPORTED", 415],
    ["a name of Object's", "constructor", gzipSync(body), "CONTENT_CODING_UNSUPPORTED", 415],
    ["another coding than declared", "br", gzipSync(body), "BODY_MALFORMED", 400],
    ["half a body", "gzip", gzipSync(body).subarray(0, 20), "BODY_MALFORMED", 400],
  ])("that are %s are refused: %s", async (_, coding, bytes, code, status) => {
    await withEdge([{ policy: policyOf({ onCompressed: "open" }) }], async (edge) => {
      const answer = await edge.send(path, { headers: { "content-encoding": coding }, body: bytes });
      expect(answer).toMatchObject({ status, code });
      expect(edge.origin.requests).toHaveLength(0);
    });
  });
});

describe("headers that digest the body", () => {
  const digests = {
    "content-md5": "x",
    digest: "SHA-256=x",
    "content-digest": "sha-256=:x:",
    "repr-digest": "sha-512=:x:",
    signature: "sig1=:x:",
  };

  it("are dropped with a replaced body, a Signature excepted", async () => {
    await withEdge([{ policy: policyOf() }], async (edge) => {
      await edge.send(path, { headers: digests, body });
      const kept = Object.keys(digests).filter((name) => edge.origin.last!.headers[name] !== undefined);
      expect(kept).toEqual(["signature"]);
    });
  });

  it("stay with an unchanged body", async () => {
    await withEdge([{ policy: policyOf() }], async (edge) => {
      await edge.send(path, { headers: digests, body: '{"a":1}' });
      expect(edge.origin.last!.headers).toMatchObject(digests);
    });
  });

  it("are computed again with bodyDigests: recompute", async () => {
    await withEdge([{ policy: policyOf(), bodyDigests: "recompute" }], async (edge) => {
      await edge.send(path, { headers: digests, body });
      const { headers, body: arrived } = edge.origin.last!;
      const sha256 = createHash("sha256").update(arrived).digest("base64");
      expect(headers).toMatchObject({
        "content-md5": createHash("md5").update(arrived).digest("base64"),
        digest: `SHA-256=${sha256}`,
        "content-digest": `sha-256=:${sha256}:`,
        "repr-digest": `sha-256=:${sha256}:`,
      });
    });
  });

  it("for origins behind origin access control are of the body that leaves, sealed or not", async () => {
    await withEdge([{ policy: policyOf(), originPayloadHash: "x-amz-content-sha256" }], async (edge) => {
      for (const [where, sent] of [
        [path, body],
        [path, '{"a":1}'],
        ["/uncovered", body],
      ] as const) {
        await edge.send(where, { body: sent, headers: { "x-amz-content-sha256": "client" } });
        const { headers, body: arrived } = edge.origin.last!;
        expect(headers["x-amz-content-sha256"]).toBe(createHash("sha256").update(arrived).digest("hex"));
      }
    });
  });
});

describe("a body that no rule is about", () => {
  it("is not read, whatever its media type, on a route of other rules", async () => {
    const headers = [{ name: "phone", header: "x-phone", action: "encrypt", key: "pii-1" }] as const;
    await withEdge([{ policy: policyOf({ fields: [], headers, methods: ["POST"] }) }], async (edge) => {
      const sent = Buffer.from([0xff, 0xd8, 0xff, 0x00]);
      const answer = await edge.send(path, { headers: { "content-type": "image/jpeg", "x-phone": "1" }, body: sent });
      expect(answer).toMatchObject({ status: 201 });
      expect(edge.origin.last!.body.equals(sent)).toBe(true);
      expect(edge.origin.last!.headers["x-phone"]).toMatch(/^fs1\./);
    });
  });

  it("has no payload hash of its beginning where CloudFront cut it", async () => {
    await withEdge([{ policy: policyOf(), originPayloadHash: "x-amz-content-sha256" }], async (edge) => {
      const sent = { body: Buffer.alloc(1_000_001, " "), headers: { "x-amz-content-sha256": "client" } };
      expect(await edge.send("/uncovered", sent)).toMatchObject({ status: 201 });
      expect(edge.origin.last!.headers["x-amz-content-sha256"]).toBe("client");
    });
  });
});

describe("output limits", () => {
  // The envelope of a short value takes 440 bytes or so; a note fills the rest.
  const ofLength = (bytes: number): string => `{"ssn":"1","note":"${"a".repeat(bytes - 21)}"}`;
  const growth = async (edge: Edge): Promise<number> => {
    await edge.send(path, { body: ofLength(100) });
    return edge.origin.last!.body.length - 100;
  };

  it.each([
    ["origin-request", 997_500],
    ["viewer-request", 39_900],
  ] as const)("of %s: the last body that fits arrives whole, the next is refused", async (eventType, limit) => {
    await withEdge([{ policy: policyOf() }, { eventType }], async (edge) => {
      const most = limit - (await growth(edge));
      expect(await edge.send(path, { body: ofLength(most) })).toMatchObject({ status: 201 });
      expect(edge.origin.last!.body).toHaveLength(limit);
      expect(edge.cloudFront.lastResult).toMatchObject({ bodyReplaced: true, outputTruncated: false });
      expect(await edge.send(path, { body: ofLength(most + 1) })).toMatchObject({
        status: 413,
        code: "OUTPUT_TOO_LARGE",
      });
    });
  });

  it("do not concern a body that is not replaced", async () => {
    await withEdge([{ policy: policyOf() }], async (edge) => {
      const whole = `"${"a".repeat(999_998)}"`;
      expect(await edge.send(path, { body: whole })).toMatchObject({ status: 201 });
      expect(edge.origin.last!.body.toString()).toBe(whole);
    });
  });

  it.each([
    ["origin-request", 1_000_001],
    ["viewer-request", 40_001],
  ] as const)("of %s: a truncated body is refused", async (eventType, length) => {
    await withEdge([{ policy: policyOf() }, { eventType }], async (edge) => {
      const answer = await edge.send(path, { body: `"${"a".repeat(length - 2)}"` });
      expect(answer).toMatchObject({ status: 413, code: "BODY_TRUNCATED" });
    });
  });
});

describe("uploads on a route without rules", () => {
  it.each(["origin-request", "viewer-request"] as const)(
    "of %s: any length and coding arrives as it came",
    async (eventType) => {
      const policy = policyOf({}, {}, [{ path: "/v1/uploads/**", methods: ["PUT"] }]);
      await withEdge([{ policy }, { eventType }], async (edge) => {
        const upload = Buffer.alloc(1_500_000, "PNG");
        for (const headers of [
          { "content-type": "image/png" },
          { "content-type": "application/x-tar", "content-encoding": "gzip" },
        ]) {
          expect(await edge.send("/v1/uploads/a", { method: "PUT", headers, body: upload })).toMatchObject({
            status: 201,
          });
          expect(edge.origin.last!.body.equals(upload)).toBe(true);
          expect(edge.origin.last!.headers).toMatchObject(headers);
          expect(edge.origin.last!.headers["x-fieldseal"]).toMatch(/^v=1;/);
        }
      });
    },
  );
});

describe("framing and associations", () => {
  it.each([
    ["origin-request", "content-length"],
    ["origin-request", "chunked"],
    ["viewer-request", "content-length"],
    ["viewer-request", "chunked"],
  ] as const)("%s with %s towards the origin: the sealed body arrives whole", async (eventType, originFraming) => {
    await withEdge([{ policy: policyOf() }, { eventType, originFraming }], async (edge) => {
      for (const framing of [{}, { "transfer-encoding": "chunked" }]) {
        expect(await edge.send(path, { headers: framing, body })).toMatchObject({ status: 201 });
        const text = edge.origin.last!.body.toString();
        expect(await open(sealed.exec(text)![1]!, "ssn")).toBe("078-05-1120");
      }
    });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])(
    "without IncludeBody, %s on a covered path is refused",
    async (method) => {
      await withEdge([{ policy: policyOf() }, { includeBody: false }], async (edge) => {
        expect(await edge.send(path, { method, body })).toMatchObject({ status: 500, code: "BODY_NOT_EXPOSED" });
        expect(edge.origin.requests).toHaveLength(0);
        expect(edge.refused.at(-1)?.hint).toContain("IncludeBody");
      });
    },
  );

  it.each(["undefined", "empty"] as const)("GET passes, its body being %s", async (bodyOfReadMethods) => {
    await withEdge([{ policy: policyOf() }, { bodyOfReadMethods }], async (edge) => {
      expect(await edge.send(path, { method: "GET" })).toMatchObject({ status: 201 });
    });
  });
});

describe("edits of headers", () => {
  const fixed = [
    "via",
    "host",
    "accept-encoding",
    "if-none-match",
    "content-length",
    "x-amz-cf-id",
    "x-edge-x",
    "expect",
  ];
  const structural = ["cookie", "content-type", "content-encoding", "x-fieldseal", "x_fieldseal"];
  it.each([...fixed, ...structural])("of %s are refused when the policy is loaded", (header) => {
    const rule = { name: "x", header, action: "encrypt", key: "pii-1" } as const;
    expect(() => policyOf({ headers: [rule] })).toThrow(
      expect.objectContaining({ code: "POLICY_INVALID", pointer: "/routes/0/headers/0/header" }),
    );
  });

  it.each(["origin-request", "viewer-request"] as const)(
    "in %s never make CloudFront refuse the result",
    async (eventType) => {
      const encrypt = { action: "encrypt", key: "pii-1" } as const;
      const policy = policyOf({
        onCompressed: "open",
        headers: [{ name: "phone", header: "x-phone", ...encrypt }],
        cookies: [{ name: "sid", cookie: "session", ...encrypt }],
        query: [{ name: "q", select: "$.q", ...encrypt }],
      });
      await withEdge([{ policy, originPayloadHash: "x-amz-content-sha256" }, { eventType }], async (edge) => {
        const answer = await edge.send(`${path}?q=1`, {
          headers: {
            "x-phone": ["1", "2"],
            cookie: "session=1",
            "content-encoding": "gzip",
            "content-md5": "x",
            "x-fieldseal": "v=1",
            x_fieldseal: "v=1",
            "if-none-match": '"x"',
            "accept-encoding": "br",
            via: "1.0 proxy",
          },
          body: gzipSync(body),
        });
        expect(answer.status).toBe(201);
        expect(edge.cloudFront.lastResult).toMatchObject({ outcome: "forwarded", reason: undefined });
      });
    },
  );
});
