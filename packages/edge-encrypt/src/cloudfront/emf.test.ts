import { originRequestEvent } from "@fieldseal/emulator";
import { afterEach, describe, expect, it, vi } from "vitest";
import { policyDocument, seals } from "../../../../test/fixtures/sealing-policy.ts";
import { createOriginRequestHandler, parsePolicy } from "../index.ts";

afterEach(() => vi.restoreAllMocks());

/** The lines that requests with these bodies write. */
async function linesOf(requestLog: "json" | "emf", ...bodies: string[]): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
  const policy = parsePolicy(policyDocument([seals("$.ssn")]));
  const handler = createOriginRequestHandler({ policy, requestLog });
  for (const body of bodies) {
    await handler(originRequestEvent({ uri: "/v1", headers: { "content-type": "application/json" }, body }));
  }
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the request log", () => {
  const sealed = '{"ssn":"078-05-1120"}';

  it("has one JSON line for each covered request, of names and numbers", async () => {
    const [line, ...others] = await linesOf("json", sealed);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      event: "fieldseal.sealed",
      policy: "test",
      route: "/**",
      fields: { ssn: 1 },
      bytesIn: 21,
    });
    expect(line!.microseconds).toBeGreaterThan(0);
    expect(JSON.stringify(line)).not.toContain("078-05");
  });

  it("with emf says what CloudWatch makes metrics of, by outcome", async () => {
    const [first, second] = await linesOf("emf", sealed, '{"SSN":"078-05-1120"}');
    expect(first).toMatchObject({ outcome: "SEALED", Requests: 1, Fields: 1, BytesIn: 21 });
    expect(second).toMatchObject({ outcome: "FIELD_NAME_VARIANT", Requests: 1, Fields: 0 });
    const [{ Namespace, Dimensions, Metrics }] = (first!._aws as { CloudWatchMetrics: [Record<string, unknown>] })
      .CloudWatchMetrics;
    expect([Namespace, Dimensions]).toEqual(["Fieldseal", [["policy"], ["policy", "outcome"]]]);
    for (const { Name } of Metrics as { Name: string }[]) expect(first).toHaveProperty(Name, expect.any(Number));
  });
});
