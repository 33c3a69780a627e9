import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LakeStack } from "./lake-stack.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-cdk-lake-"));
const tokenKey = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const alarmTopic = "arn:aws:sns:eu-central-1:111122223333:on-call";
let template: Template;

beforeAll(() => {
  mkdirSync(path.join(folder, "tokenize"));
  writeFileSync(path.join(folder, "tokenize/index.mjs"), "export {};");
  const { context } = JSON.parse(readFileSync(path.join(import.meta.dirname, "cdk.json"), "utf8"));
  const app = new App({ outdir: path.join(folder, "out"), context });
  const env = { account: "111122223333", region: "eu-central-1" };
  template = Template.fromStack(
    new LakeStack(app, "lake", { env, tokenizeFolder: path.join(folder, "tokenize"), tokenKey, alarmTopic }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Resource {
  readonly Properties: Record<string, unknown>;
}

/** The one resource of a type whose id begins with `name`. */
function idOf(type: string, name: string): string {
  const ids = Object.keys(template.findResources(type)).filter((id) => new RegExp(`^${name}[0-9A-F]{8}`).test(id));
  expect(ids).toHaveLength(1);
  return ids[0]!;
}

/** What a role may do: `action on resource`, resources as they are in the template. */
function rightsOf(role: string): [action: string, resource: unknown][] {
  const roleId = idOf("AWS::IAM::Role", role);
  const policies = Object.values(template.findResources("AWS::IAM::Policy")) as Resource[];
  const own = policies.filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(roleId));
  return own.flatMap(({ Properties }) => {
    const { Statement } = Properties.PolicyDocument as {
      Statement: { Action: string | string[]; Resource: unknown }[];
    };
    return Statement.flatMap(({ Action, Resource: resource }) =>
      [Action].flat().flatMap((action) => [resource].flat().map((one): [string, unknown] => [action, one])),
    );
  });
}

describe("the tokenize function", () => {
  it("reads one bucket, writes to one prefix of another, unwraps its keys, logs; and may nothing else", () => {
    const arn = (name: string) => ({ "Fn::GetAtt": [idOf("AWS::S3::Bucket", name), "Arn"] });
    const objects = (name: string, keys: string) => ({ "Fn::Join": ["", [arn(name), `/${keys}`]] });
    const written = objects("Lake", "tokens/*");
    const logs = { "Fn::GetAtt": [idOf("AWS::Logs::LogGroup", "TokenizeLogs"), "Arn"] };
    const rights = rightsOf("TokenizeRole");
    expect(rights).toHaveLength(8);
    expect(rights).toEqual(
      expect.arrayContaining([
        ["s3:GetObject", objects("Raw", "*")],
        ["s3:PutObject", written],
        ["s3:AbortMultipartUpload", written],
        ["s3:GetObject", written],
        ["s3:ListBucket", arn("Lake")],
        ["kms:Decrypt", tokenKey],
        ["logs:CreateLogStream", logs],
        ["logs:PutLogEvents", logs],
      ]),
    );
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "kms:Decrypt",
            Condition: { "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "fieldseal:tenant" } },
          }),
        ]),
      },
    });
    const role = template.findResources("AWS::IAM::Role")[idOf("AWS::IAM::Role", "TokenizeRole")] as Resource;
    expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    expect(JSON.stringify(role.Properties.AssumeRolePolicyDocument)).toContain('"Service":"lambda.amazonaws.com"');
  });

  it("has its buckets from its configuration", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Handler: "index.handler",
      Timeout: 900,
      Environment: {
        Variables: {
          RAW_BUCKET: { Ref: idOf("AWS::S3::Bucket", "Raw") },
          LAKE_BUCKET: { Ref: idOf("AWS::S3::Bucket", "Lake") },
        },
      },
    });
  });
});

describe("the state machine", () => {
  interface Definition {
    readonly States: Record<string, Record<string, unknown>>;
  }
  function definition(): Definition {
    const [machine] = Object.values(template.findResources("AWS::StepFunctions::StateMachine")) as Resource[];
    const { "Fn::Join": join } = machine!.Properties.DefinitionString as { "Fn::Join": [string, unknown[]] };
    const text = join[1].map((part) => (typeof part === "string" ? part : Object.values(part as object).flat()[0]));
    return JSON.parse(text.join("").replaceAll("AWS::Partition", "aws")) as Definition;
  }

  it("maps over the objects of the bucket in batches, and tolerates few failures", () => {
    expect(definition().States.TokenizeObjects).toMatchObject({
      Type: "Map",
      ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "TokenizeBatch" },
      ItemReader: {
        Resource: "arn:aws:states:::s3:listObjectsV2",
        Parameters: { Bucket: expect.stringMatching(/^Raw/), "Prefix.$": "$.prefix" },
      },
      ItemBatcher: { MaxItemsPerBatch: 20 },
      ToleratedFailurePercentage: 5,
      MaxConcurrency: 50,
      ResultWriter: {
        Resource: "arn:aws:states:::s3:putObject",
        Parameters: { Bucket: expect.stringMatching(/^Results/), Prefix: "runs" },
      },
    });
  });

  it("retries what the handler calls retryable, and nothing that fails for good", () => {
    const { ItemProcessor } = definition().States.TokenizeObjects as unknown as { ItemProcessor: Definition };
    const { Retry } = ItemProcessor.States.TokenizeBatch as { Retry: { ErrorEquals: string[]; MaxAttempts: number }[] };
    const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining(["FieldsealRetryable", "Lambda.TooManyRequestsException"]));
    expect(retried).not.toEqual(expect.arrayContaining(["FieldsealItemsFailed"]));
    expect(retried).not.toEqual(expect.arrayContaining(["States.ALL"]));
    expect(Retry.every(({ MaxAttempts }) => MaxAttempts > 1)).toBe(true);
  });

  it("may call that function, list that bucket, write results and start its own children; and nothing else", () => {
    const actions = new Set(rightsOf("TokenizeRunRole").map(([action]) => action));
    const allowed =
      /^(?:lambda:InvokeFunction|s3:(?:ListBucket|PutObject|GetObject|ListMultipartUploadParts|AbortMultipartUpload)|states:(?:StartExecution|DescribeExecution|StopExecution|RedriveExecution))$/;
    expect([...actions].filter((action) => !allowed.test(action))).toEqual([]);
    expect([...actions]).toEqual(expect.arrayContaining(["lambda:InvokeFunction", "s3:ListBucket", "s3:PutObject"]));
    const lake = idOf("AWS::S3::Bucket", "Lake");
    expect(JSON.stringify(rightsOf("TokenizeRunRole"))).not.toContain(lake);
  });
});

it("tells those who answer of a run that failed", () => {
  template.hasResourceProperties("AWS::CloudWatch::Alarm", {
    Namespace: "AWS/States",
    MetricName: "ExecutionsFailed",
    Dimensions: [{ Name: "StateMachineArn", Value: { Ref: idOf("AWS::StepFunctions::StateMachine", "TokenizeRun") } }],
    Threshold: 1,
    TreatMissingData: "notBreaching",
    AlarmActions: [alarmTopic],
  });
});

it("keeps its buckets private, encrypted, by TLS, and free of unfinished uploads", () => {
  const buckets = Object.values(template.findResources("AWS::S3::Bucket")) as Resource[];
  expect(buckets).toHaveLength(3);
  template.allResources("AWS::S3::Bucket", { DeletionPolicy: "Retain" });
  template.allResourcesProperties("AWS::S3::Bucket", {
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    BucketEncryption: Match.anyValue(),
    LifecycleConfiguration: {
      Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" }],
    },
  });
  template.resourceCountIs("AWS::S3::BucketPolicy", 3);
});
