import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { originRequestEvent, viewerRequestEvent } from "./cloudfront-request.ts";

describe("request events", () => {
  test("a body of any bytes comes back from base64", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const body = originRequestEvent({ body: bytes }).Records[0]?.cf.request.body;
        expect(Buffer.from(body?.data ?? "", "base64")).toEqual(Buffer.from(bytes));
        expect(body).toMatchObject({ action: "read-only", encoding: "base64", inputTruncated: false });
      }),
    );
  });

  test("no body, an empty body and a given truncation are told apart", () => {
    const bodyOf = (input: Parameters<typeof originRequestEvent>[0]) =>
      originRequestEvent(input).Records[0]?.cf.request;
    expect(bodyOf({})).not.toHaveProperty("body");
    expect(bodyOf({ body: "" })?.body).toMatchObject({ data: "", inputTruncated: false });
    expect(bodyOf({ body: "{}", inputTruncated: true })?.body?.inputTruncated).toBe(true);
    expect(bodyOf({ body: new Uint8Array(1_000_001) })?.body?.inputTruncated).toBe(true);
    expect(bodyOf({ body: new Uint8Array(1_000_001), units: "binary" })?.body?.inputTruncated).toBe(false);
  });

  test("header keys are lower case, the spelling is kept, repeated values stay apart", () => {
    const { headers } = originRequestEvent({ headers: { "Content-Type": "a/b", "X-Two": ["1", "2"], "x-two": "3" } })
      .Records[0]!.cf.request;
    expect(headers).toEqual({
      "content-type": [{ key: "Content-Type", value: "a/b" }],
      "x-two": [
        { key: "X-Two", value: "1" },
        { key: "X-Two", value: "2" },
        { key: "x-two", value: "3" },
      ],
    });
  });

  test("an origin request has one origin, a viewer request none and a 40 KB limit", () => {
    const { config, request } = originRequestEvent({ origin: { customHeaders: { "X-Key": "k" } } }).Records[0]!.cf;
    expect(config.eventType).toBe("origin-request");
    expect(request.origin?.custom).toMatchObject({ port: 443, customHeaders: { "x-key": [{ value: "k" }] } });
    const s3 = { s3: { authMethod: "none", customHeaders: {}, domainName: "b.s3.amazonaws.com", path: "" } } as const;
    expect(originRequestEvent({ origin: s3 }).Records[0]?.cf.request.origin).toEqual(s3);
    const viewer = viewerRequestEvent({ method: "PUT", uri: "/x", querystring: "a=b", body: new Uint8Array(40_001) });
    expect(viewer.Records[0]?.cf.config.eventType).toBe("viewer-request");
    expect(viewer.Records[0]?.cf.request).not.toHaveProperty("origin");
    expect(viewer.Records[0]?.cf.request).toMatchObject({ method: "PUT", uri: "/x", querystring: "a=b" });
    expect(viewer.Records[0]?.cf.request.body?.inputTruncated).toBe(true);
  });
});
