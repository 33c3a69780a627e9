// What of a viewer's headers, query and cookies a behavior hands on, and so what a function sees at origin-request: by a
// cache policy and an origin request policy (Developer Guide, "Use managed cache policies", "Use managed origin request
// policies"), or by the older ForwardedValues. Pure.
import { listAt, textAt, valueAt } from "./aws-json.ts";

type Names = "all" | readonly string[];

export interface Forwarded {
  /** In lower case. */
  readonly headers: Names;
  readonly query: boolean;
  readonly cookies: Names;
}

const nothing: Forwarded = { headers: [], query: false, cookies: [] };
const everything: Forwarded = { headers: "all", query: true, cookies: "all" };
const cors = ["origin", "access-control-request-headers", "access-control-request-method"];
const caching = ["host", "origin", "x-http-method-override", "x-http-method", "x-method-override"];

const managed: ReadonlyMap<string, Forwarded> = new Map([
  // Origin request policies: AllViewer, AllViewerExceptHostHeader, AllViewerAndCloudFrontHeaders-2022-06.
  ["216adef6-5c7f-47e4-b989-5492eafa07d3", everything],
  ["b689b0a8-53d0-40ab-baf2-68738e2966ac", everything],
  ["33f36d7e-f396-46d9-90e0-52428a34d9dc", everything],
  // CORS-CustomOrigin, CORS-S3Origin, HostHeaderOnly, UserAgentRefererHeaders.
  ["59781a5b-3903-41f3-afcb-af62929ccde1", { ...nothing, headers: ["origin"] }],
  ["88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", { ...nothing, headers: cors }],
  ["bf0718e1-ba1e-49d1-88b1-f726733018ae", { ...nothing, headers: ["host"] }],
  ["acba4595-bd28-49b8-b9fe-13317c0390fa", { ...nothing, headers: ["user-agent", "referer"] }],
  // Cache policies: CachingDisabled, CachingOptimized, CachingOptimizedForUncompressedObjects.
  ["4135ea2d-6df8-44a3-9df3-4b5a84be39ad", nothing],
  ["658327ea-f89d-4fab-a63d-7e88639e58f6", nothing],
  ["b2884449-e4de-46a7-ac36-70bc7f1ddd6d", nothing],
  // UseOriginCacheControlHeaders, and the same with -QueryStrings.
  ["83da9c7e-98b4-4e11-a168-04f0df8e2c65", { headers: caching, query: false, cookies: "all" }],
  ["4cc15a8a-d715-48a4-82b8-cc0b614638fe", { headers: caching, query: true, cookies: "all" }],
]);

/** What a behavior hands on; null where a policy decides that is not AWS's own. */
export function readForwarded(behavior: unknown): Forwarded | null {
  const values = valueAt(behavior, "ForwardedValues");
  if (values !== undefined) return readValues(values);
  const ids = ["CachePolicyId", "OriginRequestPolicyId"]
    .map((name) => textAt(behavior, name))
    .filter((id) => id !== "");
  const all = ids.map((id) => managed.get(id) ?? null);
  if (all.includes(everything)) return everything;
  return all.reduce<Forwarded | null>((sum, one) => sum && one && both(sum, one), nothing);
}

/** Without policies CloudFront hands on headers but for some that it replaces, of the query and cookies what is asked for. */
function readValues(values: unknown): Forwarded {
  const cookies = textAt(values, "Cookies", "Forward");
  const listed = listAt(values, "Cookies", "WhitelistedNames").filter((name) => typeof name === "string");
  return {
    headers: "all",
    query: valueAt(values, "QueryString") === true,
    cookies: cookies === "all" ? "all" : cookies === "whitelist" ? listed : [],
  };
}

function both(a: Forwarded, b: Forwarded): Forwarded {
  const names = (one: Names, other: Names): Names => (one === "all" || other === "all" ? "all" : [...one, ...other]);
  return { headers: names(a.headers, b.headers), query: a.query || b.query, cookies: names(a.cookies, b.cookies) };
}
