import { generateKeyPairSync } from "node:crypto";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import { describe, expect, it } from "vitest";
import * as aws from "../../../../test/fixtures/aws-answers.ts";
import type { Check } from "./check.ts";
import { behaviorsOfFunction, checkBehaviors } from "./check-behaviors.ts";
import { readDistribution } from "./deployed-distribution.ts";
import { checkFunction, type EdgeEvent, readFunction } from "./deployed-function.ts";
import { checkRole, readRole } from "./deployed-role.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }).toString();
const fields = [{ name: "ssn", select: "$..ssn", action: "encrypt", key: "k" }];
const policyOf = (...routes: object[]): ReturnType<typeof parsePolicy> =>
  parsePolicy({ version: 1, id: "p", keys: { k: { alg: "RSA-OAEP-256", publicKey } }, routes });
const policy = policyOf({ methods: ["POST", "PUT"], path: "/v1/customers/**", fields });

const deployed = readFunction(aws.getFunction("x"));
const failures = (checks: readonly Check[]): string[] =>
  checks.filter(({ ok }) => !ok).map(({ check, subject }) => `${check} ${subject}`);

const names = (...each: string[]): object => ({
  Forward: "whitelist",
  WhitelistedNames: { Quantity: each.length, Items: each },
});
const legacy = (QueryString: boolean, Cookies: object): Record<string, unknown> => ({
  OriginRequestPolicyId: undefined,
  CachePolicyId: undefined,
  ForwardedValues: { QueryString, Cookies, Headers: { Quantity: 0 }, QueryStringCacheKeys: { Quantity: 0 } },
});

describe("checkFunction", () => {
  const failed = (configuration: Record<string, unknown>, event: EdgeEvent = "origin-request"): string[] =>
    failures(checkFunction(readFunction(aws.getFunction("x", configuration)), event)).map(
      (text) => text.split(" ")[0]!,
    );

  it("finds nothing wrong with a sound function, with or without what AWS leaves out", () => {
    expect(failed({})).toEqual([]);
    const { FunctionName, FunctionArn, Runtime, Role, Handler, CodeSize, CodeSha256, Version } = (
      aws.getFunction("x") as { Configuration: Record<string, unknown> }
    ).Configuration;
    const bare = { FunctionName, FunctionArn, Runtime, Role, Handler, CodeSize, CodeSha256, Version };
    expect(failures(checkFunction(readFunction(bare), "origin-request"))).toEqual([]);
  });

  const arn = "arn:aws:lambda:us-east-1:111122223333:function:fieldseal-edge";
  it.each([
    ["function-region", { FunctionArn: aws.functionArn.replace("us-east-1", "eu-central-1") }],
    ["function-version", { FunctionArn: arn, Version: "$LATEST" }],
    ["function-version", { FunctionArn: `${arn}:$LATEST`, Version: "$LATEST" }],
    ["function-version", { FunctionArn: `${arn}:live` }],
    ["function-state", { State: "Failed" }],
    ["function-state", { LastUpdateStatus: "InProgress" }],
    ["function-architecture", { Architectures: ["arm64"] }],
    ["function-package", { PackageType: "Image" }],
    ["function-runtime", { Runtime: "nodejs20.x" }],
    ["function-handler", { Handler: "app.handler" }],
    ["function-environment", { Environment: { Variables: { MODE: "s3cr3t" } } }],
    ["function-layers", { Layers: [{ Arn: "arn:aws:lambda:us-east-1:111122223333:layer:a:1", CodeSize: 1 }] }],
    ["function-vpc", { VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [], VpcId: "vpc-1" } }],
    ["function-dead-letter", { DeadLetterConfig: { TargetArn: "arn:aws:sqs:us-east-1:111122223333:q" } }],
    ["function-tracing", { TracingConfig: { Mode: "Active" } }],
    ["function-storage", { EphemeralStorage: { Size: 1024 } }],
    ["function-timeout", { Timeout: 31 }],
    ["function-size", { CodeSize: 50 * 1024 * 1024 + 1 }],
  ])("reports %s alone for %j", (check, configuration) => {
    expect(failed(configuration)).toEqual([check]);
  });

  it.each([
    ["function-size", { CodeSize: 1024 * 1024 + 1 }],
    ["function-timeout", { Timeout: 6 }],
    ["function-memory", { MemorySize: 129 }],
  ])("holds %s to the smaller quota of viewer-request", (check, configuration) => {
    const small = { CodeSize: 1024 * 1024, Timeout: 5, MemorySize: 128 };
    expect(failed(small, "viewer-request")).toEqual([]);
    expect(failed({ ...small, ...configuration }, "viewer-request")).toEqual([check]);
  });

  it("shows neither environment variables nor the address of the code", () => {
    const answer = aws.getFunction("x", { Environment: { Variables: { TOKEN: "s3cr3t" } } });
    const text = JSON.stringify(checkFunction(readFunction(answer), "origin-request"));
    expect(text).not.toMatch(/s3cr3t|TOKEN|X-Amz-Signature/);
  });

  it.each([null, [], {}, { Configuration: [] }, { Configuration: {} }])("refuses %j", (document) => {
    expect(() => readFunction(document)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("checkRole", () => {
  const failed = (document: unknown): string[] => failures(checkRole(readRole(document), deployed));

  it("accepts both services in one statement, in two, and in the percent-encoded form of the API", () => {
    const [lambda, edge] = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"].map((service) => aws.trustOf(service));
    const two = { Statement: [...(lambda!.Statement as []), ...(edge!.Statement as [])] };
    expect(failed(aws.getRole())).toEqual([]);
    expect(failed(aws.getRole(two))).toEqual([]);
    const encoded = encodeURIComponent(
      JSON.stringify(aws.trustOf(["lambda.amazonaws.com", "edgelambda.amazonaws.com"])),
    );
    expect(failed(aws.getRole(encoded))).toEqual([]);
  });

  const both = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"];
  it.each([
    ["one service only", aws.trustOf("lambda.amazonaws.com")],
    ["the edge alone", aws.trustOf(["edgelambda.amazonaws.com"])],
    ["a denial", aws.trustOf(both, { Effect: "Deny" })],
    ["another action", aws.trustOf(both, { Action: ["sts:TagSession"] })],
    ["principals that are accounts", aws.trustOf([], { Principal: { AWS: both } })],
  ])("reports role-trust for %s", (_, trust) => {
    expect(failed(aws.getRole(trust))).toEqual(["role-trust fieldseal-edge"]);
  });

  it("takes back what another statement denies, and says that it looks at no condition", () => {
    const allow = aws.trustOf(both).Statement as object[];
    const deny = aws.trustOf("edgelambda.amazonaws.com", { Effect: "Deny" }).Statement as object[];
    expect(failed(aws.getRole({ Statement: [...allow, ...deny] }))).toEqual(["role-trust fieldseal-edge"]);
    const Condition = { StringEquals: { "aws:SourceAccount": "111122223333" } };
    const [trust] = checkRole(readRole(aws.getRole(aws.trustOf(both, { Condition }))), deployed);
    expect(trust).toMatchObject({ ok: true, found: expect.stringMatching(/conditions, which are not looked at/) });
  });

  it("reports a role that is not the function's", () => {
    const other = readFunction(aws.getFunction("x", { Role: "arn:aws:iam::111122223333:role/other" }));
    expect(failures(checkRole(readRole(aws.getRole()), other))).toEqual(["role-of-function fieldseal-edge"]);
  });

  it("refuses what is no role", () => {
    for (const document of [{}, aws.getRole("%"), aws.getRole(null)]) {
      expect(() => readRole(document)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });
});

describe("checkBehaviors", () => {
  const event = "origin-request";
  const failed = (document: unknown, options = {}): string[] =>
    failures(checkBehaviors(readDistribution(document), { event, deployed, policy, ...options }));
  const oneWith = (settings: Record<string, unknown>): unknown =>
    aws.getDistributionConfig({}, [aws.soundBehavior(settings), aws.images()]);

  it("finds nothing wrong with a sound distribution, whether or not function and policy are known", () => {
    for (const options of [{}, { deployed: null }, { policy: null }, { deployed: null, policy: null }]) {
      expect(failed(aws.getDistributionConfig(), options)).toEqual([]);
    }
    const { DistributionConfig } = aws.getDistributionConfig();
    expect(failed({ Distribution: { Id: "E2EXAMPLE", DistributionConfig } })).toEqual([]);
  });

  it.each([
    ["behavior-function", { LambdaFunctionAssociations: { Quantity: 0 } }],
    ["behavior-function", { LambdaFunctionAssociations: aws.associations({ EventType: "viewer-request" }) }],
    ["behavior-function", { LambdaFunctionAssociations: aws.associations({ EventType: "origin-response" }) }],
    [
      "behavior-version",
      { LambdaFunctionAssociations: aws.associations({ LambdaFunctionARN: `${aws.functionArn}1` }) },
    ],
    ["behavior-body", { LambdaFunctionAssociations: aws.associations({ IncludeBody: false }) }],
    ["behavior-grpc", { GrpcConfig: { Enabled: true } }],
    ["behavior-protocol", { ViewerProtocolPolicy: "allow-all" }],
    ["behavior-methods", { AllowedMethods: { Quantity: 2, Items: ["HEAD", "GET"] } }],
  ])("reports %s alone for one behavior with %j", (check, settings) => {
    expect(failed(oneWith(settings))).toEqual([`${check} /v1/*`]);
  });

  it("reports a behavior that forwards nothing of what a route reads", () => {
    const none = { OriginRequestPolicyId: undefined };
    const reading = [
      { context: { tenant: { header: "x-tenant-id" } } },
      { query: [{ name: "q", select: "$.q", action: "encrypt", key: "k" }] },
      { headers: [{ name: "h", header: "x-h", action: "encrypt", key: "k" }] },
      { cookies: [{ name: "c", cookie: "c", action: "encrypt", key: "k" }] },
    ];
    const route = { methods: ["POST"], path: "/v1/customers/**", fields };
    for (const more of reading) {
      const options = { policy: policyOf({ ...route, ...more }) };
      expect(failed(oneWith(none), options)).toEqual(["behavior-forwarding /v1/*"]);
      expect(failed(oneWith({}), options)).toEqual([]);
      const own = { ...none, CachePolicyId: "11111111-2222-4333-8444-555555555555" };
      expect(failed(oneWith(own), options)).toEqual([]);
    }
    expect(failed(oneWith(none), { policy: policyOf(route) })).toEqual([]);
  });

  const managed = {
    cors: "59781a5b-3903-41f3-afcb-af62929ccde1",
    agents: "acba4595-bd28-49b8-b9fe-13317c0390fa",
    allViewer: "216adef6-5c7f-47e4-b989-5492eafa07d3",
  };
  it.each([
    ["CORS-CustomOrigin", { OriginRequestPolicyId: managed.cors }, "header x-tenant-id, the query, cookie c"],
    ["UserAgentRefererHeaders", { OriginRequestPolicyId: managed.agents }, "header x-tenant-id, the query, cookie c"],
    [
      "UseOriginCacheControlHeaders",
      { OriginRequestPolicyId: "", CachePolicyId: "83da9c7e-98b4-4e11-a168-04f0df8e2c65" },
      "header x-tenant-id, the query",
    ],
    ["AllViewer", { OriginRequestPolicyId: managed.allViewer }, null],
    [
      "no policy, and older settings that keep the query and cookies",
      legacy(false, { Forward: "none" }),
      "the query, cookie c",
    ],
    ["older settings with other cookies", legacy(true, names("session")), "cookie c"],
    ["older settings with this cookie", legacy(true, names("session", "c*")), null],
    ["older settings with all", legacy(true, { Forward: "all" }), null],
  ])("says what %s keeps from the function", (_, settings, missing) => {
    const route = { methods: ["POST"], path: "/v1/customers/**", fields };
    const rule = { action: "encrypt", key: "k" };
    const reading = policyOf({
      ...route,
      context: { tenant: { header: "x-tenant-id" } },
      query: [{ name: "q", select: "$.q", ...rule }],
      cookies: [{ name: "c", cookie: "c", ...rule }],
    });
    const checks = checkBehaviors(readDistribution(oneWith(settings)), { event, deployed, policy: reading });
    const forwarding = checks.find(({ check, subject }) => check === "behavior-forwarding" && subject === "/v1/*");
    expect(forwarding).toMatchObject({
      ok: missing === null,
      found: missing === null ? "all that routes read" : `without ${missing}`,
    });
  });

  it("finds a behavior inside a route that leads to another origin without the function", () => {
    const inside = (settings: Record<string, unknown>): unknown =>
      aws.getDistributionConfig({}, [
        aws.images({ ...settings, PathPattern: "/v1/customers/7/photos/*", ViewerProtocolPolicy: "https-only" }),
        aws.soundBehavior(),
      ]);
    const { AllowedMethods } = aws.behavior();
    expect(failed(inside({ AllowedMethods }))).toEqual(["behavior-function /v1/customers/7/photos/*"]);
    expect(failed(inside({}))).toEqual([]);
    const reading = { path: "/v1/customers/**", fields: [] };
    const query = [{ name: "q", select: "$.q", action: "encrypt", key: "k" }];
    const options = { policy: policyOf({ ...reading, query }) };
    expect(failed(inside({}), options)).toEqual(["behavior-function /v1/customers/7/photos/*"]);
    expect(failed(inside({ OriginRequestPolicyId: "" }), options)).toEqual([]);
  });

  it("leaves ways alone that a route without rules takes, or that no rule is about", () => {
    const { AllowedMethods } = aws.behavior();
    const PathPattern = "/v1/customers/uploads/*";
    const uploads = aws.images({ PathPattern, AllowedMethods, ViewerProtocolPolicy: "https-only" });
    const document = aws.getDistributionConfig({}, [uploads, aws.soundBehavior()]);
    const path = "/v1/customers/**";
    const without = { path: "/v1/customers/uploads/**", fields: [] };
    expect(failed(document, { policy: policyOf({ path, fields }) })).toEqual([`behavior-function ${PathPattern}`]);
    expect(failed(document, { policy: policyOf(without, { path, fields }) })).toEqual([]);
    const query = [{ name: "q", select: "$.q", action: "encrypt", key: "k" }];
    const none = aws.getDistributionConfig({}, [{ ...uploads, OriginRequestPolicyId: "" }, aws.soundBehavior()]);
    expect(failed(none, { policy: policyOf({ path, fields: [], query }) })).toEqual([]);
  });

  it("takes origins whose domain names differ in case alone for one", () => {
    const document = aws.getDistributionConfig({}, [aws.soundBehavior(), aws.images({ TargetOriginId: "api-again" })]);
    const { Origins } = document.DistributionConfig as { Origins: { Items: Record<string, unknown>[] } };
    Origins.Items[1]!.DomainName = "Origin.Shop.Example.COM";
    expect(failed(document)).toContain("behavior-function images/*");
  });

  it("names the version to associate only where --function has one", () => {
    const unqualified = aws.getFunction("x", { FunctionArn: aws.functionArn.replace(/:7$/, ""), Version: "$LATEST" });
    const hints = (document: unknown): (string | null)[] =>
      checkBehaviors(readDistribution(aws.getDistributionConfig()), { event, deployed: readFunction(document), policy })
        .filter(({ check }) => check === "behavior-version")
        .map(({ hint }) => hint);
    expect(hints(unqualified)[0]).toMatch(/numbered version/);
    expect(hints(aws.getFunction("x", { FunctionArn: `${aws.functionArn}1` }))[0]).toBe(
      `associate ${aws.functionArn}1`,
    );
  });

  it("reports the default behavior as well", () => {
    expect(failed(aws.getDistributionConfig({ LambdaFunctionAssociations: { Quantity: 0 } }))).toEqual([
      "behavior-function default",
    ]);
  });

  it("finds the way around the function: by a group, by another origin of the same domain", () => {
    for (const TargetOriginId of ["group", "api-again"]) {
      const way = aws.images({ TargetOriginId, ViewerProtocolPolicy: "https-only" });
      expect(failed(aws.getDistributionConfig({}, [aws.soundBehavior(), way]))).toEqual(["behavior-function images/*"]);
    }
  });

  it("finds a route of the policy that another origin serves without the function", () => {
    const covering = policyOf({ methods: ["POST"], path: "/images/{name}", fields });
    expect(failed(aws.getDistributionConfig(), { policy: covering })).toEqual([
      "behavior-function images/*",
      "behavior-protocol images/*",
      "behavior-methods images/*",
    ]);
  });

  it("asks methods only of the behavior that serves the route, the first in order", () => {
    const readOnly = { AllowedMethods: { Quantity: 2, Items: ["HEAD", "GET"] } };
    expect(failed(aws.getDistributionConfig(readOnly))).toEqual([]);
    const first = { ...aws.soundBehavior(readOnly), PathPattern: "*/customers/?" };
    expect(failed(aws.getDistributionConfig({}, [first, aws.soundBehavior()]))).toEqual([
      "behavior-methods */customers/?",
    ]);
  });

  it("refuses an association with an alias, $LATEST or a copy elsewhere, even where the function is not given", () => {
    for (const LambdaFunctionARN of [
      aws.functionArn.replace(/:7$/, ":live"),
      aws.functionArn.replace(/:7$/, ""),
      aws.functionArn.replace("us-east-1", "eu-west-1"),
    ]) {
      const settings = { LambdaFunctionAssociations: aws.associations({ LambdaFunctionARN }) };
      const document = aws.getDistributionConfig(settings, [aws.soundBehavior(settings), aws.images()]);
      expect(failed(document, { deployed: null })).toEqual(["behavior-version /v1/*", "behavior-version default"]);
    }
  });

  it("takes no other function of the site for ours, where the policy says on which way ours is", () => {
    const resize = aws.functionArn.replace("fieldseal-edge", "resize-images");
    const own = { LambdaFunctionAssociations: aws.associations({ LambdaFunctionARN: resize, IncludeBody: false }) };
    const document = aws.getDistributionConfig({}, [aws.images(own), aws.soundBehavior()]);
    expect(failed(document)).toEqual([]);
    expect(failed(document, { deployed: null })).toEqual([]);
  });

  it("reports a distribution without the function", () => {
    const none = { LambdaFunctionAssociations: { Quantity: 0 } };
    const document = aws.getDistributionConfig(none, [aws.images()]);
    expect(failed(document, { policy: null })).toEqual(["behavior-function distribution"]);
  });

  it.each(["CacheBehaviors", "Origins", "OriginGroups"])("refuses a list of %s that is not whole", (name) => {
    const document = aws.getDistributionConfig() as { DistributionConfig: Record<string, { Quantity: number }> };
    for (const list of [{ ...document.DistributionConfig[name], Quantity: 9 }, { Quantity: 1 }, "x", []]) {
      const cut = { DistributionConfig: { ...document.DistributionConfig, [name]: list } };
      expect(() => readDistribution(cut)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });

  it("takes only the behaviors of the function for those it stands in front of", () => {
    const resize = { LambdaFunctionARN: aws.functionArn.replace("fieldseal-edge", "resize-images") };
    const own = aws.images({ LambdaFunctionAssociations: aws.associations(resize) });
    const behaviors = readDistribution(aws.getDistributionConfig({}, [own, aws.soundBehavior()]));
    const patterns = behaviorsOfFunction(behaviors, { event, deployed, policy }).map(({ pattern }) => pattern);
    expect(patterns).toEqual(["/v1/*", "default"]);
  });

  it("refuses what is no distribution", () => {
    for (const document of [{}, { DistributionConfig: {} }, aws.getFunction("x")]) {
      expect(() => readDistribution(document)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });
});
