import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FieldKeyStack, FieldsealStack } from "./stack.ts";

// Synthesis needs no network, no credentials and no AWS command line.
const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-cdk-"));
const alarmTopic = "arn:aws:sns:us-east-1:111122223333:on-call";
let keyTemplate: Template;
let template: Template;

beforeAll(() => {
  mkdirSync(path.join(folder, "decrypt"));
  writeFileSync(path.join(folder, "decrypt/index.mjs"), "export {};");
  writeFileSync(path.join(folder, "function.zip"), "zip");
  const app = new App({ outdir: path.join(folder, "out") });
  const env = { account: "111122223333", region: "us-east-1" };
  const key = new FieldKeyStack(app, "fieldseal-key", { env, organizationId: "o-example1234", deployRole: "deployer" });
  const stack = new FieldsealStack(app, "fieldseal", {
    env,
    decryptRole: key.decryptRole,
    originDomain: "origin.example.com",
    domainName: "shop.example.com",
    certificate: "arn:aws:acm:us-east-1:111122223333:certificate/0000",
    alarmTopic,
    tenant: "acme",
    edgeZip: path.join(folder, "function.zip"),
    decryptFolder: path.join(folder, "decrypt"),
  });
  keyTemplate = Template.fromStack(key);
  template = Template.fromStack(stack);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Principal: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function keyStatements(): Statement[] {
  const [key] = Object.values(keyTemplate.findResources("AWS::KMS::Key"));
  return (key as { Properties: { KeyPolicy: { Statement: Statement[] } } }).Properties.KeyPolicy.Statement;
}

const decryptRole = { "Fn::GetAtt": [expect.stringMatching(/^DecryptRole/), "Arn"] };
const mayDecrypt = ({ Action }: Statement): boolean =>
  [Action].flat().some((action) => ["kms:Decrypt", "kms:*", "*", "kms:De*"].includes(action as string));

describe("the key", () => {
  it("wraps and unwraps with RSA, and outlives the stack", () => {
    keyTemplate.hasResource("AWS::KMS::Key", {
      Properties: { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" },
      DeletionPolicy: "Retain",
    });
  });

  it("lets the decrypt function's role decrypt, and nobody else", () => {
    const allowing = keyStatements().filter((statement) => statement.Effect === "Allow" && mayDecrypt(statement));
    expect(allowing).toMatchObject([{ Principal: { AWS: decryptRole }, Action: "kms:Decrypt" }]);
    expect(allowing[0]!.Condition).toEqual({
      StringEquals: { "kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256", "aws:PrincipalOrgID": "o-example1234" },
    });
  });

  it("denies to other roles, other organizations and other algorithms, each on its own", () => {
    const denying = keyStatements().filter(({ Effect }) => Effect === "Deny");
    expect(denying.map(({ Principal, Action }) => [Principal, Action])).toEqual(
      Array.from({ length: 3 }, () => [{ AWS: "*" }, ["kms:Decrypt", "kms:ReEncryptFrom"]]),
    );
    expect(denying.map(({ Condition }) => Condition)).toEqual([
      { ArnNotEquals: { "aws:PrincipalArn": decryptRole } },
      { StringNotEquals: { "aws:PrincipalOrgID": "o-example1234" } },
      { StringNotEquals: { "kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256" } },
    ]);
  });

  it("comes before everything that uses it, so that its public half can go into the policy", () => {
    expect(Object.keys(keyTemplate.toJSON().Resources).every((id) => /^(?:DecryptRole|FieldKey)/.test(id))).toBe(true);
  });

  it("gives administrators no use, and the deployer the public key only", () => {
    const actions = (sid: string): string[] =>
      keyStatements()
        .filter(({ Sid }) => Sid === sid)
        .flatMap(({ Action }) => Action);
    expect(actions("Administer").filter((action) => /^kms:\*$|crypt|Grant/.test(action))).toEqual([]);
    // Who may not name the key cannot deploy it: an alias needs the right in the key's policy as well.
    expect(actions("Administer")).toEqual(expect.arrayContaining(["kms:CreateAlias", "kms:DeleteAlias"]));
    expect(actions("PullPublicKey")).toEqual(["kms:GetPublicKey", "kms:DescribeKey"]);
  });

  it("is the only way to decrypt: no role has a right to KMS of its own", () => {
    const policies = JSON.stringify(template.findResources("AWS::IAM::Policy"));
    expect(policies).toContain("logs:PutLogEvents");
    expect(policies).not.toContain("kms:");
    keyTemplate.resourceCountIs("AWS::IAM::Policy", 0);
  });
});

describe("the edge function", () => {
  const isEdge = Match.objectLike({ Handler: "index.handler", Environment: Match.absent() });

  it("has what Lambda@Edge takes: Node.js 24, no variables, layers, VPC, tracing or queue", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Environment: Match.absent(),
      Layers: Match.absent(),
      VpcConfig: Match.absent(),
      TracingConfig: Match.absent(),
      DeadLetterConfig: Match.absent(),
      Architectures: Match.absent(),
    });
    expect(Object.keys(template.findResources("AWS::Lambda::Function", { Properties: isEdge }))).toHaveLength(1);
  });

  it("has a role that both services may assume", () => {
    for (const Service of ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]) {
      template.hasResourceProperties("AWS::IAM::Role", {
        AssumeRolePolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service } }),
          ]),
        },
      });
    }
  });

  it("may write its logs, in every Region, and nothing else", () => {
    template.hasResourceProperties("AWS::IAM::Role", {
      RoleName: "fieldseal-edge",
      ManagedPolicyArns: Match.absent(),
      Policies: [
        {
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                Resource: "arn:aws:logs:*:111122223333:log-group:/aws/lambda/us-east-1.fieldseal-edge*",
              },
            ],
          },
        },
      ],
    });
    template.hasResourceProperties("AWS::Lambda::Function", { FunctionName: "fieldseal-edge" });
  });

  it("has a version that stays until its replicas are gone", () => {
    template.hasResource("AWS::Lambda::Version", { DeletionPolicy: "Retain" });
  });
});

describe("the distribution", () => {
  it("sends every request with its body through that version, and admits https and all methods", () => {
    const [version] = Object.keys(template.findResources("AWS::Lambda::Version"));
    template.hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: {
        CacheBehaviors: Match.absent(),
        DefaultCacheBehavior: {
          AllowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
          ViewerProtocolPolicy: "https-only",
          GrpcConfig: Match.absent(),
          LambdaFunctionAssociations: [
            { EventType: "origin-request", IncludeBody: true, LambdaFunctionARN: { Ref: version } },
          ],
        },
      },
    });
  });

  it("admits TLS 1.2 and nothing older, on both sides", () => {
    template.hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: {
        Aliases: ["shop.example.com"],
        ViewerCertificate: { MinimumProtocolVersion: "TLSv1.2_2021", SslSupportMethod: "sni-only" },
        Origins: [{ CustomOriginConfig: { OriginSSLProtocols: ["TLSv1.2"] } }],
      },
    });
  });

  it("shows the origin a secret that stands in no template", () => {
    template.hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: {
        Origins: [
          {
            CustomOriginConfig: { OriginProtocolPolicy: "https-only" },
            OriginCustomHeaders: [
              {
                HeaderName: "x-fieldseal-secret",
                HeaderValue: Match.stringLikeRegexp("^\\{\\{resolve:secretsmanager:fieldseal/origin:SecretString"),
              },
            ],
          },
        ],
      },
    });
  });
});

describe("operations", () => {
  it.each([
    ["AWS/Lambda", "Throttles"],
    ["AWS/Lambda", "Errors"],
    ["AWS/CloudFront", "5xxErrorRate"],
    ["Fieldseal", "DecryptionFailed"],
  ])("alarms on %s %s", (Namespace, MetricName) => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace,
      MetricName,
      TreatMissingData: "notBreaching",
      AlarmActions: [alarmTopic],
    });
  });

  it("counts envelopes that do not open, in logs that are kept for a year", () => {
    const [logs] = Object.keys(template.findResources("AWS::Logs::LogGroup", { Properties: { RetentionInDays: 365 } }));
    template.hasResourceProperties("AWS::Logs::MetricFilter", {
      LogGroupName: { Ref: logs },
      FilterPattern: '"DECRYPTION_FAILED"',
    });
    template.hasResourceProperties("AWS::Lambda::Function", { LoggingConfig: { LogGroup: { Ref: logs } } });
  });
});
