// Objects with values in, objects with tokens out: two buckets, the results of the runs, the function, the state machine.
import { Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { Alarm, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { tokenizeFunction } from "./tokenize-function.ts";
import { tokenizeMap } from "./tokenize-map.ts";

export interface LakeStackProps extends StackProps {
  /** The bundled tokenize-handler.ts, as index.mjs, and tokenizer.json. */
  readonly tokenizeFolder: string;
  readonly tokenKey: string;
  /** ARN of the SNS topic of those who answer alarms. */
  readonly alarmTopic: string;
}

export class LakeStack extends Stack {
  constructor(scope: Construct, id: string, { tokenizeFolder, tokenKey, alarmTopic, ...props }: LakeStackProps) {
    super(scope, id, props);
    const [raw, lake, results] = ["Raw", "Lake", "Results"].map((name) => bucket(this, name));
    const tokenize = tokenizeFunction(this, { folder: tokenizeFolder, raw: raw!, lake: lake!, tokenKey });
    const run = tokenizeMap(this, { tokenize, raw: raw!, results: results! });
    // Too many objects that cannot be tokenized: their values are in the raw bucket alone.
    new Alarm(this, "RunsFail", {
      metric: run.metricFailed({ period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(Topic.fromTopicArn(this, "AlarmTopic", alarmTopic)));
  }
}

function bucket(scope: Construct, name: string): IBucket {
  // Its declaration is no IBucket under exactOptionalPropertyTypes.
  return new Bucket(scope, name, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
    // Parts of an upload that ended with its invocation.
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
  }) as IBucket;
}
