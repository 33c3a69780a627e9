// The distribution as `aws cloudfront get-distribution-config` prints it (CloudFront API Reference, DistributionConfig):
// its behaviors, what they reach and which function sees their requests. Pure.
import { listAt, objectAt, textAt, textsAt, valueAt } from "./aws-json.ts";

/** One cache behavior. */
export interface Behavior {
  /** `default` for the default behavior, which has none. */
  readonly pattern: string;
  /** Domain names of its origin, or of all origins of its group. */
  readonly domains: readonly string[];
  /** Those of them that are Lambda function URLs behind origin access control, which signs the hash of the body. */
  readonly signed: readonly string[];
  /** For each origin, the names in lower case of its custom headers that are long enough for a key. */
  readonly keyHeaders: readonly (readonly string[])[];
  readonly viewerProtocol: string;
  readonly methods: readonly string[];
  readonly grpc: boolean;
  /** False where no policy of the behavior forwards a header of the viewer, the query or a cookie. */
  readonly forwards: boolean;
  readonly functions: readonly Association[];
}

export interface Association {
  readonly arn: string;
  readonly event: string;
  readonly includeBody: boolean;
}

// docs/receipt.md: the key of receipts has at least as many characters.
const minKeyCharacters = 32;
// AWS's managed cache policies CachingDisabled, CachingOptimized and CachingOptimizedForUncompressedObjects. What is in no
// cache policy and in no origin request policy never reaches a function at origin-request.
const forwardNothing: ReadonlySet<string> = new Set([
  "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  "658327ea-f89d-4fab-a63d-7e88639e58f6",
  "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
]);
const functionUrl = /\.lambda-url\.[a-z0-9-]+\.on\.aws$/;

/** The behaviors in order, the default one last, of get-distribution-config or get-distribution. @throws {FieldsealError} `CONFIG_INVALID`. */
export function readDistribution(document: unknown): Behavior[] {
  const command = "aws cloudfront get-distribution-config";
  const outer = valueAt(document, "Distribution") ?? document;
  const config = objectAt(outer, command, "DistributionConfig");
  const domainOf = new Map(
    listAt(config, "Origins").map((origin) => [textAt(origin, "Id"), textAt(origin, "DomainName")]),
  );
  const isSigned = new Set(
    listAt(config, "Origins")
      .filter((origin) => textAt(origin, "OriginAccessControlId") !== "")
      .map((origin) => textAt(origin, "Id")),
  );
  const keyHeadersOf = new Map(
    listAt(config, "Origins").map((origin) => [textAt(origin, "Id"), keyHeaders(listAt(origin, "CustomHeaders"))]),
  );
  const membersOf = new Map(
    listAt(config, "OriginGroups").map((group) => [
      textAt(group, "Id"),
      listAt(group, "Members").map((member) => textAt(member, "OriginId")),
    ]),
  );
  const read = (behavior: unknown, pattern: string): Behavior => {
    const target = textAt(behavior, "TargetOriginId");
    const members = membersOf.get(target) ?? [target];
    const domains = members.map((id) => domainOf.get(id) ?? id);
    return {
      pattern,
      domains,
      signed: domains.filter((domain, index) => functionUrl.test(domain) && isSigned.has(members[index]!)),
      keyHeaders: members.map((id) => keyHeadersOf.get(id) ?? []),
      viewerProtocol: textAt(behavior, "ViewerProtocolPolicy"),
      methods: textsAt({ methods: listAt(behavior, "AllowedMethods") }, "methods"),
      grpc: valueAt(behavior, "GrpcConfig", "Enabled") === true,
      forwards:
        textAt(behavior, "OriginRequestPolicyId") !== "" ||
        valueAt(behavior, "ForwardedValues") !== undefined ||
        !forwardNothing.has(textAt(behavior, "CachePolicyId")),
      functions: listAt(behavior, "LambdaFunctionAssociations").map((association) => ({
        arn: textAt(association, "LambdaFunctionARN"),
        event: textAt(association, "EventType"),
        includeBody: valueAt(association, "IncludeBody") === true,
      })),
    };
  };
  return [
    ...listAt(config, "CacheBehaviors").map((behavior) => read(behavior, textAt(behavior, "PathPattern"))),
    read(objectAt(config, command, "DefaultCacheBehavior"), "default"),
  ];
}

function keyHeaders(headers: readonly unknown[]): string[] {
  const long = headers.filter((header) => textAt(header, "HeaderValue").length >= minKeyCharacters);
  return long.map((header) => textAt(header, "HeaderName").toLowerCase());
}

/** The behavior that serves a path: the first whose pattern matches, else the default one, which stands last. */
export function behaviorOf(behaviors: readonly Behavior[], path: string): Behavior {
  return behaviors.slice(0, -1).find(({ pattern }) => matches(pattern, path)) ?? behaviors.at(-1)!;
}

/** CloudFront's patterns: `*` for any characters, `?` for one, the leading slash optional, case-sensitive. */
function matches(pattern: string, path: string): boolean {
  const text = pattern.startsWith("/") || pattern.startsWith("*") ? pattern : `/${pattern}`;
  const source = text
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(path);
}
