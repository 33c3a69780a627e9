// What somebody must look at: throttles and errors of the decrypt function, envelopes that do not open, failing edges.
import { Duration } from "aws-cdk-lib";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { Alarm, type IMetric, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { FilterPattern, type LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";

export interface AlarmProps {
  readonly decrypt: LambdaFunction;
  readonly logs: LogGroup;
  readonly distribution: Distribution;
  /** ARN of the SNS topic of those who answer. */
  readonly alarmTopic: string;
}

export function addAlarms(scope: Construct, { decrypt, logs, distribution, alarmTopic }: AlarmProps): void {
  const failures = new MetricFilter(scope, "DecryptionFailures", {
    logGroup: logs,
    filterPattern: FilterPattern.literal('"DECRYPTION_FAILED"'),
    metricNamespace: "Fieldseal",
    metricName: "DecryptionFailed",
    metricValue: "1",
  });
  const period = Duration.minutes(1);
  const told = new SnsAction(Topic.fromTopicArn(scope, "AlarmTopic", alarmTopic));
  const alarm = (id: string, metric: IMetric, threshold: number): void =>
    new Alarm(scope, id, {
      metric,
      threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(told);
  alarm("DecryptThrottled", decrypt.metricThrottles({ period }), 1);
  alarm("DecryptErrors", decrypt.metricErrors({ period }), 1);
  // A few can be a wrong context; many are copied or edited envelopes, or a replaced key.
  alarm("EnvelopesDoNotOpen", failures.metric({ period, statistic: "Sum" }), 5);
  alarm(
    "EdgeFails",
    new Metric({
      namespace: "AWS/CloudFront",
      metricName: "5xxErrorRate",
      dimensionsMap: { DistributionId: distribution.distributionId, Region: "Global" },
      statistic: "Average",
      period,
    }),
    1,
  );
}
