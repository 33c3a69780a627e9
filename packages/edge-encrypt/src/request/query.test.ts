import { generateKeyPairSync } from "node:crypto";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { describe, expect, it } from "vitest";
import { type Policy, parsePolicy } from "../index.ts";
import { planQuery } from "./query.ts";

const publicKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" });
const rule = { name: "ssn", action: "encrypt", key: "k" };

function policyOf(fields: readonly string[], query: readonly string[]): Policy {
  const rules = (selectors: readonly string[]) => selectors.map((select) => ({ ...rule, select }));
  return parsePolicy({
    version: 1,
    id: "p",
    keys: { k: { alg: "RSA-OAEP-256", publicKey } },
    routes: [{ path: "/", fields: rules(fields), query: rules(query) }],
  });
}

/** The code with which a query is refused where selectors of the body and of the query are these; else how many it seals. */
function outcome(fields: readonly string[], query: readonly string[], text: string): unknown {
  const policy = policyOf(fields, query);
  try {
    return planQuery(utf8Bytes(text), policy.routes[0]!, { policy, path: "/", isAsked: true }).fields.length;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe("a field of the body in a name of the query that holds others", () => {
  it.each([
    [["$..ssn"], ["$.ssn"], "filter[ssn]=1", "FIELD_IN_QUERY"],
    [["$..ssn"], ["$.ssn"], "a=1&filter.person[s-s-n]=1", "FIELD_IN_QUERY"],
    [["$..ssn", "$.ssn"], [], "filter[ssn]=1", "FIELD_IN_QUERY"],
    [["$.ssn", "$..ssn"], [], "filter[ssn]=1", "FIELD_IN_QUERY"],
    [["$..ssn"], ["$..ssn"], "a=1;filter[ssn]=1", "FIELD_IN_QUERY"],
    [["$..ssn"], ["$.ssn"], "ssn=1", 1],
    [["$..ssn"], ["$..ssn"], "filter[ssn]=1", 1],
    [["$.ssn"], [], "filter[ssn]=1", 0],
    [["$.ssn"], ["$.ssn"], "a=1;filter[ssn]=1", 0],
  ])("%j, and %j of the query: %s: %s", (fields, query, text, expected) => {
    expect(outcome(fields, query, text)).toBe(expected);
  });
});

describe("a request without a body", () => {
  it("does not wait for the automaton of bodies", () => {
    const policy = policyOf(["$..ssn"], ["$.email"]);
    const route = policy.routes[0]!;
    Object.defineProperty(route, "matcher", { get: () => expect.unreachable() });
    const plan = planQuery(utf8Bytes("email=a"), route, { policy, path: "/", isAsked: true });
    expect(plan.fields).toHaveLength(1);
  });
});
