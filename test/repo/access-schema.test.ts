import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseAccess } from "../../packages/core/src/access/index.ts";
import { codeOf } from "../crypto/error-code.ts";
import { readText } from "./workspace.ts";

const ajv = new Ajv2020.Ajv2020({ strict: true });
const validate = ajv.compile(JSON.parse(readText("schemas/access.schema.json")) as object);
const parse = (document: unknown): string | undefined => codeOf(() => parseAccess(document));
const rule = { principal: "role:support", fields: { ssn: "full" } };

describe("the schema of access rules", () => {
  const examples = Array.from(readText("docs/reading.md").matchAll(/^```json\n(.*?)^```$/gms), ([, text]) => text!);

  it("accepts what docs/reading.md shows, as the parser does", () => {
    expect(examples).toHaveLength(1);
    const [document] = examples.map((text) => JSON.parse(text) as unknown);
    expect(validate(document), ajv.errorsText(validate.errors)).toBe(true);
    expect(parse(document)).toBeUndefined();
  });

  it.each([
    ["no rules", {}],
    ["rules that are no list", { rules: rule }],
    ["an unknown member", { rules: [], more: 1 }],
    ["a rule for nobody", { rules: [{ fields: {} }] }],
    ["a rule of no fields", { rules: [{ principal: "*" }] }],
    ["an unknown member of a rule", { rules: [{ ...rule, path: "/" }] }],
    ["an empty principal", { rules: [{ ...rule, principal: "" }] }],
    ["a principal of 513 characters", { rules: [{ ...rule, principal: "p".repeat(513) }] }],
    ["a purpose that is no text", { rules: [{ ...rule, purpose: 1 }] }],
    ["a context of text", { rules: [{ ...rule, context: { tenant: "acme" } }] }],
    ["a context from two sources", { rules: [{ ...rule, context: { tenant: { claim: "t", value: "v" } } }] }],
    ["another grant", { rules: [{ ...rule, fields: { ssn: "half" } }] }],
    ["a mask of 65", { rules: [{ ...rule, fields: { ssn: { mask: 65 } } }] }],
    ["a mask of 1.5", { rules: [{ ...rule, fields: { ssn: { mask: 1.5 } } }] }],
    ["a mask and more", { rules: [{ ...rule, fields: { ssn: { mask: 4, from: 0 } } }] }],
  ])("refuses as the parser does: %s", (_, document) => {
    expect(validate(document)).toBe(false);
    expect(parse(document)).toBe("ACCESS_INVALID");
  });
});
