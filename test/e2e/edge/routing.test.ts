import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Edge, policyOf, startEdge } from "./edge-fixture.ts";

const body = '{"ssn":"078-05-1120"}';
const asForm = { "content-type": "application/x-www-form-urlencoded" };
const other = {
  path: "/v1/other/**",
  fields: [{ name: "x", select: "$.x", action: "encrypt", key: "pii-1" }],
} as const;

async function outcome(edge: Edge, path: string, init: Parameters<Edge["send"]>[1] = {}): Promise<string> {
  edge.origin.clear();
  const answer = await edge.send(path, { body, ...init });
  if (answer.code !== undefined) return edge.origin.requests.length === 0 ? answer.code : "leaked";
  return edge.origin.last!.body.toString().includes("078-05-1120") ? "clear" : "sealed";
}

describe("paths", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ policy: policyOf({ methods: ["POST"] }, {}, [other]) });
  });
  afterAll(() => edge.close());

  it.each([
    "/v1/customers/7",
    "/V1/Customers/7",
    "/v1/customers/7/",
    "//v1//customers/7",
    "//shop.example/v1/customers/7",
    "/v1/./customers/7",
    "/v2/../v1/customers/7",
    "/v1/%63ustomers/7",
    "/v1/%2563ustomers/7",
    "/v1/%25%36%33ustomers/7",
    "/v1%2fcustomers%2F7",
    "/v1\\customers\\7",
    "/v1/customers;jsessionid=1/7",
    "/v1/x;a=b/..;/customers/7",
    "/v1/%e2%84%aa/../customers/7",
  ])("%s is covered", async (path) => {
    expect(await outcome(edge, path)).toBe("sealed");
  });

  it.each(["/", "/v1", "/v2/customers/7", "/v1/customer", "/v1/%zz", "/static/100%"])("%s is not", async (path) => {
    expect(await outcome(edge, path)).toBe("clear");
  });

  it.each([
    "/v1/customers/../other/7",
    "/v1/other/%2e%2e/customers/7",
    "/v1/customers/%zz",
    "/v1/customers/100%25",
    "/v1/customers/%00",
    "/v1/customers/%250a",
    "/v1/customers/%c0%af",
    "/../prod/v1/customers/7",
    "/x/%2e%2e/..%2fprod/v1/customers/7",
    "/a%2Fb/../../prod",
  ])("%s is refused", async (path) => {
    expect(await outcome(edge, path)).toBe("PATH_AMBIGUOUS");
  });

  it.each([
    ["/health", { "x-original-url": "/v1/customers/7" }, "PATH_AMBIGUOUS"],
    ["/health", { x_rewrite_url: " https://example.org/V1/customers/7?a=1" }, "PATH_AMBIGUOUS"],
    ["/v1/customers/7", { "x-rewrite-url": "/health" }, "PATH_AMBIGUOUS"],
    ["/x/v1/customers/7", { script_name: "/x" }, "PATH_AMBIGUOUS"],
    ["/x/v1/customers/7", { "x-script-name": "/x" }, "PATH_AMBIGUOUS"],
    ["/x/health", { script_name: "/x" }, "clear"],
    ["/health", { "x-original-url": "/status" }, "clear"],
    ["/health", { "x-original-urls": "/v1/customers/7" }, "clear"],
  ])("%s with %o is %s", async (path, headers, expected) => {
    const type = { "content-type": "application/json" };
    expect(await outcome(edge, path, { headers: { ...type, ...headers } })).toBe(expected);
  });

  it("are taken as spelled with onAmbiguousPath: ignore", async () => {
    const lenient = await startEdge({ policy: policyOf({}, { onAmbiguousPath: "ignore" }) });
    expect(await outcome(lenient, "/../v1/customers/7")).toBe("clear");
    expect(await outcome(lenient, "/v1/customers/%zz")).toBe("sealed");
    expect(await outcome(lenient, "/V1/customers/7")).toBe("clear");
    await lenient.close();
  });

  it("give context only where they match as spelled", async () => {
    const path = "/v1/customers/{id}";
    const bound = await startEdge({ policy: policyOf({ path, context: { id: { pathParam: "id" } } }) });
    expect(await outcome(bound, "/v1/customers/7")).toBe("sealed");
    expect(await outcome(bound, "/V1/customers/7")).toBe("CONTEXT_MISSING");
    await bound.close();
  });
});

describe("methods", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ policy: policyOf({ methods: ["POST"] }) });
  });
  afterAll(() => edge.close());

  const path = "/v1/customers/7";
  it.each([
    ["X-HTTP-Method-Override: PUT", path, { headers: { "x-http-method-override": "PUT" } }],
    ["X-HTTP-Method: patch", path, { headers: { "x-http-method": "patch" } }],
    ["X-Method-Override: POST, PUT", path, { headers: { "x-method-override": "POST, PUT" } }],
    ["x_http_method_override: PUT", path, { headers: { x_http_method_override: "PUT" } }],
    ["_method in the query", `${path}?%5fMethod=put`, {}],
    ["[_method] in the query", `${path}?[_method]=put`, {}],
    [".method in the query", `${path}?.method=put`, {}],
    ["[_method] in a form", path, { headers: asForm, body: "a=1&[_method]=DELETE" }],
    ["_method in JSON", path, { body: '{"_method":"PUT","ssn":"078-05-1120"}' }],
    ["_METHOD in JSON", path, { body: '{"_METHOD":"PUT","ssn":"078-05-1120"}' }],
    ["_method in JSON, escaped", path, { body: String.raw`{"_m\u0065thod":"PUT","ssn":"078-05-1120"}` }],
    ["_METHOD in a form", path, { headers: asForm, body: "a=1&_METHOD=PUT" }],
    [
      "_METHOD in a part",
      path,
      {
        headers: { "content-type": "multipart/form-data; boundary=b" },
        body: '--b\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="_METHOD"\r\n\r\nPUT\r\n--b--',
      },
    ],
    [".method in a form", path, { headers: asForm, body: ".method=PUT" }],
    ["x-http-method-override in a form", path, { headers: asForm, body: "a=1&x-HTTP-method-Override=PUT" }],
    ["x-http-method-override in the query", `${path}?X-HTTP-Method-override=PUT`, {}],
    ["_method in a form", path, { headers: asForm, body: "a=1&_method=DELETE" }],
    ["a body with PUT", path, { method: "PUT" }],
    ["an override to a covered method", path, { method: "DELETE", body: "", headers: { "x-http-method": "POST" } }],
  ])("%s: METHOD_NOT_COVERED", async (_, where, init) => {
    expect(await outcome(edge, where, init)).toBe("METHOD_NOT_COVERED");
  });

  it("that an override names and the route lists are fine", async () => {
    expect(await outcome(edge, `${path}?_method=post`, { headers: { "x-http-method": "POST" } })).toBe("sealed");
    expect(await outcome(edge, path, { headers: asForm, body: "ssn=1&_method=POST" })).toBe("sealed");
    expect(await outcome(edge, `${path}?method=card`, { headers: asForm, body: "ssn=1&method=card" })).toBe("sealed");
  });

  it("are not looked at where the route has all of them", async () => {
    const all = await startEdge({ policy: policyOf() });
    expect(await outcome(all, `${path}?_method=put`, { headers: { "x-http-method": "PUT" } })).toBe("sealed");
    await all.close();
  });

  it.each([
    ["a header", path, { headers: { "x-http-method-override": "PUT" } }],
    ["the query", `${path}?_method=put`, {}],
    ["a form", path, { headers: asForm, body: "ssn=1&_method=PUT" }],
    ["HEAD for GET", path, { headers: { "x-http-method": "HEAD" } }],
    ["another reading of the path", `/V1//customers/7`, { headers: { "x-http-method": "PUT" } }],
  ])("that routes before the one that applies are for are not let through as overrides: %s", async (_, where, init) => {
    for (const methods of [undefined, ["POST", "PUT", "GET", "HEAD"]]) {
      const behind = { path: "/v1/**", fields: [], ...(methods && { methods }) };
      const two = await startEdge({ policy: policyOf({ methods: ["PUT", "GET"] }, {}, [behind]) });
      expect(await outcome(two, where, init)).toBe("METHOD_NOT_COVERED");
      expect(await outcome(two, where, { ...init, method: "PUT" })).not.toBe("clear");
      expect(await outcome(two, path, { headers: { "x-http-method": "POST" } })).toBe("clear");
      await two.close();
    }
  });

  it("that no route lists are forwarded with onUncoveredMethod: forward", async () => {
    const lenient = await startEdge({ policy: policyOf({ methods: ["POST"] }, { onUncoveredMethod: "forward" }) });
    expect(await outcome(lenient, path, { method: "PUT" })).toBe("clear");
    expect(await outcome(lenient, path, { headers: { "x-http-method": "PUT" } })).toBe("sealed");
    await lenient.close();
  });
});

describe("fields in the query", () => {
  it("are let through with onFieldInQuery: ignore", async () => {
    const edge = await startEdge({ policy: policyOf({ onFieldInQuery: "ignore" }) });
    expect(await outcome(edge, "/v1/customers/7?ssn=1")).toBe("sealed");
    await edge.close();
  });
});
