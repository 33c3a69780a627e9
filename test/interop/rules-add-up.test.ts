// A rule or a source of context more uncovers nothing that the other rules cover, or refuse to let pass.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldsealError, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { planBody } from "../../packages/edge-encrypt/src/request/plan-body.ts";
import { generatedBodies, selectors } from "../generators/bodies.ts";
import { soak } from "../generators/soak.ts";
import { pii } from "./fixtures.ts";

const select = fc.oneof(
  fc.constantFrom("$..a", "$..b", "$..ssn", "$.a", "$.b", "$.note", "$.a[0]", "$.b[1]", "$..ssn[0]", "$..['a[b]']"),
  selectors,
);
const rules = fc.record({
  select,
  within: fc.constantFrom({}, {}, { within: "json" }),
  action: fc.constantFrom({ action: "encrypt", key: "pii-1" }, { action: "mask", keepLast: 1 }, { action: "remove" }),
});
const cases = fc.record({
  fields: fc.array(rules, { minLength: 1, maxLength: 2 }),
  more: fc.record({
    fields: fc.array(rules, { maxLength: 1 }),
    context: fc.constantFrom(
      {},
      ...["$.a", "$.b", "$..ssn", "$.b.ssn", "$.a[0]", "$.A"].map((of) => ({ id: { select: of } })),
    ),
  }),
  settings: fc.record({
    onNameVariant: fc.constantFrom("refuse", "select", "ignore"),
    onShapeMismatch: fc.constantFrom("refuse", "ignore"),
  }),
  body: generatedBodies,
});

type Span = readonly [start: number, end: number];
type Rule = typeof rules extends fc.Arbitrary<infer R> ? R : never;

/** What is protected of a body; `isAll`: what goes with it included. Or the refusal. */
function covered(
  { fields, ...route }: { readonly fields: readonly Rule[] },
  [mediaType, text]: readonly [string, string],
  isAll: boolean,
): readonly Span[] | FieldsealError {
  const policy = parsePolicy({
    version: 1,
    id: "p",
    keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
    routes: [
      {
        path: "/**",
        mediaTypes: [mediaType.split(";")[0]],
        ...route,
        fields: fields.map(({ select: selector, within, action }, index) => ({
          name: action.action === "encrypt" ? "sealed" : `field-${index}`,
          select: selector,
          ...within,
          ...action,
        })),
      },
    ],
  });
  const facts = { header: () => [], pathParams: new Map<string, string>(), given: {} };
  const bytes = Buffer.from(text, "latin1");
  try {
    const body = { bytes, mediaType, method: "POST", policy, route: policy.routes[0]!, facts, coveredMethods: null };
    return (planBody(body)?.fields ?? []).map(({ match, rule }): Span => {
      // With a removed value its name goes, and what else belongs to it.
      const isWhole = isAll && rule.action.kind === "remove";
      return isWhole ? [match.outerStart, match.outerEnd ?? match.end] : [match.start, match.end];
    });
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
}

describe("rules of one route", () => {
  it("add up", () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, ({ fields, more, settings, body }) => {
        const together = covered({ ...settings, ...more, fields: [...fields, ...more.fields] }, body, true);
        if (together instanceof FieldsealError) return;
        const alone = covered({ ...settings, fields }, body, false);
        if (alone instanceof FieldsealError && alone.code === "MEDIA_TYPE_MISMATCH") return;
        const spans: readonly Span[] = alone instanceof FieldsealError ? [[alone.offset!, alone.offset!]] : alone;
        compared += spans.length;
        for (const [start, end] of spans) {
          expect(together.some(([from, to]) => from <= start && end <= to)).toBe(true);
        }
      }),
      { numRuns: soak(6000) },
    );
    expect(compared).toBeGreaterThan(50);
  }, 120_000);
});
