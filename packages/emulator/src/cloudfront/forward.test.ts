import type { CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { editing, post, requestOf, send, setUp } from "./edge.fixture.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";

describe("the body that the origin gets", () => {
  const replace = (body: Partial<NonNullable<CloudFrontRequest["body"]>>): EdgeRequestHandler =>
    editing((request) => {
      request.body = { inputTruncated: false, action: "replace", encoding: "base64", data: "", ...body };
    });

  test("with action read-only is the viewer's, whatever data holds", async () => {
    const { edge, origin } = await setUp({ handler: replace({ action: "read-only", data: "ignored!" }) });
    await post(edge, "original");
    expect(origin.last?.body.toString()).toBe("original");
    expect(edge.lastResult).toMatchObject({ outcome: "forwarded", bodyReplaced: false, originBodyBytes: 8 });
  });

  test.each([
    ["text", "né\u{1f600}w"],
    ["base64", Buffer.from("né\u{1f600}w").toString("base64")],
  ] as const)("with action replace and encoding %s is what was returned, with a new length", async (encoding, data) => {
    const { edge, origin } = await setUp({ handler: replace({ encoding, data }) });
    await post(edge, "a much longer original body");
    expect(origin.last?.body.toString()).toBe("né\u{1f600}w");
    expect(origin.last?.headers["content-length"]).toBe("8");
    expect(edge.lastResult).toMatchObject({ bodyReplaced: true, outputTruncated: false, status: 201 });
  });

  test("keeps arbitrary bytes", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const { edge, origin } = await setUp({ handler: replace({ data: bytes.toString("base64") }) });
    await post(edge, "x");
    expect(origin.last?.body).toEqual(bytes);
  });

  test("is framed in chunks when asked", async () => {
    const { edge, origin } = await setUp({
      originFraming: "chunked",
      handler: replace({ encoding: "text", data: "new" }),
    });
    await post(edge, "old");
    expect(origin.last?.headers).toMatchObject({ "transfer-encoding": "chunked" });
    expect(origin.last?.headers).not.toHaveProperty("content-length");
    expect(origin.last?.body.toString()).toBe("new");
  });

  test.each([
    ["origin-request", "text", 1_000_000, 1_000_000],
    ["origin-request", "base64", 1_330_000, 997_500],
    ["viewer-request", "text", 40_000, 40_000],
    ["viewer-request", "base64", 53_200, 39_900],
  ] as const)("%s, %s: is cut without notice at %i characters", async (eventType, encoding, characters, bytes) => {
    for (const [extra, truncated] of [
      [0, false],
      [4, true],
    ] as const) {
      const { edge, origin } = await setUp({
        eventType,
        handler: replace({ encoding, data: "A".repeat(characters + extra) }),
      });
      expect((await post(edge, "x")).status).toBe(201);
      expect(origin.last?.body).toHaveLength(bytes);
      expect(edge.lastResult?.outputTruncated).toBe(truncated);
    }
  });

  test("arrives whole from a chunked upload, although the event has no content-length", async () => {
    const { edge, origin, seen } = await setUp();
    await send(edge, { headers: { "Transfer-Encoding": "chunked" }, body: "abc" });
    expect(requestOf(seen[0] as CloudFrontRequestEvent).headers).not.toHaveProperty("content-length");
    expect(origin.last?.body.toString()).toBe("abc");
  });
});
