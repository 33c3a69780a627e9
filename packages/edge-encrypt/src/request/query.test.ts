import { generateKeyPairSync } from "node:crypto";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "../policy.ts";
import { planQuery } from "./query.ts";

const publicKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "pem", type: "spki" });
const rule = { name: "ssn", action: "encrypt", key: "k" };

/** The code with which a query is refused where selectors of the body and of the query are these; else how many it seals. */
function outcome(fields: readonly string[], query: readonly string[], text: string): unknown {
  const rules = (selectors: readonly string[]) => selectors.map((select) => ({ ...rule, select }));
  const policy = parsePolicy({
    version: 1,
    id: "p",
    keys: { k: { alg: "RSA-OAEP-256", publicKey } },
    routes: [{ path: "/", fields: rules(fields), query: rules(query) }],
  });
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
