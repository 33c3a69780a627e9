// What somebody must look at: throttles and errors of the decrypt function, envelopes that do not open, failing edges.
import { Duration } from "aws-cdk-lib";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { Alarm, type IMetric, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { FilterPattern, type LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface AlarmProps {
  readonly decrypt: LambdaFunction;
  readonly logs: LogGroup;
  readonly distribution: Distribution;
}

export function addAlarms(scope: Construct, { decrypt, logs, distribution }: AlarmProps): void {
  const failures = new MetricFilter(scope, "DecryptionFailures", {
    logGroup: logs,
    filterPattern: FilterPattern.literal('"DECRYPTION_FAILED"'),
    metricNamespace: "Fieldseal",
    metricName: "DecryptionFailed",
    metricValue: "1",
  });
  const period = Duration.minutes(1);
  const alarm = (id: string, metric: IMetric, threshold: number): Alarm =>
    new Alarm(scope, id, { metric, threshold, evaluationPeriods: 1, treatMissingData: TreatMissingData.NOT_BREACHING });
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
