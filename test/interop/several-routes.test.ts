// What one route of a policy seals opens under the whole policy, whatever the selectors of its other routes lead to.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encryptBody, type PolicyDocument, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { generatedBodies, selectors } from "../generators/bodies.ts";
import { soak } from "../generators/soak.ts";
import { decryptorOf, pii } from "./fixtures.ts";

type Route = PolicyDocument["routes"][number];

const decryptor = decryptorOf();
const rule = fc.record({ select: selectors, within: fc.constantFrom({}, { within: "json" as const }) });

const routeOf = (path: string): fc.Arbitrary<Route> =>
  fc
    .record({
      rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
      onNameVariant: fc.constantFrom("refuse", "select", "ignore"),
      onShapeMismatch: fc.constantFrom("refuse", "ignore"),
    })
    .map(({ rules, ...settings }) => ({
      path,
      ...settings,
      fields: rules.map(({ select: selector, within }, index) => ({
        name: `${path.slice(1)}-${index}`,
        select: selector,
        action: "encrypt",
        key: "pii-1",
        ...within,
      })),
    }));

describe("a policy of several routes", () => {
  it("opens the very bytes that one of them sealed", async () => {
    let sealed = 0;
    const routes = fc.tuple(routeOf("/one"), routeOf("/two"), routeOf("/three"));
    await fc.assert(
      fc.asyncProperty(routes, generatedBodies, async ([one, ...others], [mediaType, text]) => {
        const policy = parsePolicy({
          version: 1,
          id: "p",
          keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
          routes: [{ ...one, mediaTypes: [mediaType.split(";")[0]!] }, ...others],
        });
        const body = Buffer.from(text, "latin1");
        // What the edge refuses is another test's.
        const bytes = await encryptBody({ bytes: body, mediaType, path: "/one" }, policy).catch(() => null);
        if (bytes === null || Buffer.from(bytes).equals(body)) return;
        sealed++;
        const opened = await decryptor.decryptBody({ bytes, mediaType, expect: policy });
        expect(Buffer.from(opened).toString("latin1")).toBe(text);
      }),
      { numRuns: soak(1000) },
    );
    expect(sealed).toBeGreaterThan(20);
  }, 120_000);
});
