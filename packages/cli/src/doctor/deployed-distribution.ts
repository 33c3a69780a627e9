// The distribution as `aws cloudfront get-distribution-config` prints it (CloudFront API Reference, DistributionConfig):
// its behaviors, what they reach and which function sees their requests. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import { listAt, objectAt, textAt, textsAt, valueAt } from "./aws-json.ts";
import { type Forwarded, readForwarded } from "./forwarded.ts";
import { withLeadingSlash } from "./path-overlap.ts";

/** One cache behavior. */
export interface Behavior {
  /** `default` for the default behavior, which has none. */
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
  /** Domain names of its origin, or of all origins of its group, in lower case. */
  readonly domains: readonly string[];
  /** Those of them that are Lambda function URLs behind origin access control, which signs the hash of the body. */
  readonly signed: readonly string[];
  /** For each origin, the names in lower case of its custom headers that are long enough for a key. */
  readonly keyHeaders: readonly (readonly string[])[];
  readonly viewerProtocol: string;
  readonly methods: readonly string[];
  readonly grpc: boolean;
  /** What of the viewer's request reaches a function at origin-request; null where a policy of the account's own decides. */
  readonly forwards: Forwarded | null;
  readonly functions: readonly Association[];
}

export interface Association {
  readonly arn: string;
  readonly event: string;
  readonly includeBody: boolean;
}

// docs/receipt.md: the key of receipts has at least as many characters.
const minKeyCharacters = 32;
const functionUrl = /\.lambda-url\.[a-z0-9-]+\.on\.aws$/;

/** The behaviors in order, the default one last, of get-distribution-config or get-distribution. @throws {FieldsealError} `CONFIG_INVALID`. */
export function readDistribution(document: unknown): Behavior[] {
  const command = "aws cloudfront get-distribution-config";
  const outer = valueAt(document, "Distribution") ?? document;
  const config = objectAt(outer, command, "DistributionConfig");
  const origins = wholeList(config, "Origins");
  const domainOf = new Map(origins.map((origin) => [textAt(origin, "Id"), textAt(origin, "DomainName").toLowerCase()]));
  const isSigned = new Set(
    origins.filter((origin) => textAt(origin, "OriginAccessControlId") !== "").map((origin) => textAt(origin, "Id")),
  );
  const keyHeadersOf = new Map(
    origins.map((origin) => [textAt(origin, "Id"), keyHeaders(listAt(origin, "CustomHeaders"))]),
  );
  const membersOf = new Map(
    wholeList(config, "OriginGroups").map((group) => [
      textAt(group, "Id"),
      wholeList(group, "Members").map((member) => textAt(member, "OriginId")),
    ]),
  );
  const read = (behavior: unknown, pattern: string | null): Behavior => {
    const target = textAt(behavior, "TargetOriginId");
    const members = membersOf.get(target) ?? [target];
    const domains = members.map((id) => domainOf.get(id) ?? id);
    return {
      pattern: pattern ?? "default",
      matches: pattern === null ? () => true : likenessTo(withLeadingSlash(pattern)),
      domains,
      signed: domains.filter((domain, index) => functionUrl.test(domain) && isSigned.has(members[index]!)),
      keyHeaders: members.map((id) => keyHeadersOf.get(id) ?? []),
      viewerProtocol: textAt(behavior, "ViewerProtocolPolicy"),
      methods: textsAt({ methods: listAt(behavior, "AllowedMethods") }, "methods"),
      grpc: valueAt(behavior, "GrpcConfig", "Enabled") === true,
      forwards: readForwarded(behavior),
      functions: wholeList(behavior, "LambdaFunctionAssociations").map((association) => ({
        arn: textAt(association, "LambdaFunctionARN"),
        event: textAt(association, "EventType"),
        includeBody: valueAt(association, "IncludeBody") === true,
      })),
    };
  };
  return [
    ...wholeList(config, "CacheBehaviors").map((behavior) => read(behavior, textAt(behavior, "PathPattern"))),
    read(objectAt(config, command, "DefaultCacheBehavior"), null),
  ];
}

/** A list of CloudFront's, which says how long it is: a behavior that is missing in the file could be a way around. */
function wholeList(value: unknown, name: string): readonly unknown[] {
  const items = listAt(value, name);
  const quantity = valueAt(value, name, "Quantity");
  if (valueAt(value, name) === undefined || items.length === quantity) return items;
  throw new FieldsealError("CONFIG_INVALID", `${name} has not as many items as its Quantity says`, {
    hint: "write the file anew: something is missing or was added",
    pointer: "",
  });
}

function keyHeaders(headers: readonly unknown[]): string[] {
  const long = headers.filter((header) => textAt(header, "HeaderValue").length >= minKeyCharacters);
  return long.map((header) => textAt(header, "HeaderName").toLowerCase());
}

/** The behavior that serves a path: the first whose pattern matches; the default one stands last. */
export function behaviorOf(behaviors: readonly Behavior[], path: string): Behavior {
  return behaviors.find(({ matches }) => matches(path))!;
}

/** Is a text what a pattern says? CloudFront's have `*` for any characters and `?` for one, and are case-sensitive. */
export function likenessTo(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const whole = new RegExp(`^${source}$`, "s");
  return (text) => whole.test(text);
}
