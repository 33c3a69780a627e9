// The tokenize function and its role: it reads one bucket, writes to one prefix of another, and unwraps its keys.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";

export interface TokenizeProps {
  readonly folder: string;
  readonly raw: IBucket;
  readonly lake: IBucket;
  /** ARN of the KMS key that wraps the tokenizer's keys. */
  readonly tokenKey: string;
}

export function tokenizeFunction(scope: Construct, { folder, raw, lake, tokenKey }: TokenizeProps): LambdaFunction {
  // Each item's result is a line here.
  const logGroup = new LogGroup(scope, "TokenizeLogs", {
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const role = new Role(scope, "TokenizeRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const allow = (actions: string[], ...resources: string[]): boolean =>
    role.addToPolicy(new PolicyStatement({ actions, resources }));
  const written = lake.arnForObjects("tokens/*");
  allow(["s3:GetObject"], raw.arnForObjects("*"));
  // GetObject of what it wrote itself is for HeadObject; without ListBucket an absent object looks forbidden.
  allow(["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], written);
  allow(["s3:ListBucket"], lake.bucketArn);
  // Under this key, what a tokenizer wrapped and nothing else.
  const ofTokenizers = { "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "fieldseal:tenant" } };
  role.addToPolicy(new PolicyStatement({ actions: ["kms:Decrypt"], resources: [tokenKey], conditions: ofTokenizers }));
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], logGroup.logGroupArn);
  return new LambdaFunction(scope, "Tokenize", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(folder),
    role,
    logGroup,
    memorySize: 1024,
    timeout: Duration.minutes(15),
    environment: { RAW_BUCKET: raw.bucketName, LAKE_BUCKET: lake.bucketName },
  });
}
