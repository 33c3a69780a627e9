// A Distributed Map over all objects of a bucket. An item that is repeated finds itself done, so everything is retried
// freely: a batch, a child execution, the whole run.
import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import {
  DefinitionBody,
  DistributedMap,
  ItemBatcher,
  JsonPath,
  ResultWriterV2,
  S3ObjectsItemReader,
  StateMachine,
  StateMachineType,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";

export interface TokenizeMapProps {
  readonly tokenize: LambdaFunction;
  readonly raw: IBucket;
  readonly results: IBucket;
}

export function tokenizeMap(scope: Construct, { tokenize, raw, results }: TokenizeMapProps): StateMachine {
  const invoke = new LambdaInvoke(scope, "TokenizeBatch", {
    lambdaFunction: tokenize,
    payloadResponseOnly: true,
    retryOnServiceExceptions: true,
  });
  // S3, KMS or Lambda throttles, or the time of one invocation was too short: what was done stays done.
  invoke.addRetry({
    errors: ["FieldsealRetryable", "Sandbox.Timedout", "Lambda.TooManyRequestsException"],
    interval: Duration.seconds(10),
    backoffRate: 2,
    maxAttempts: 6,
    maxDelay: Duration.minutes(5),
  });
  const map = new DistributedMap(scope, "TokenizeObjects", {
    mapExecutionType: StateMachineType.STANDARD,
    itemReader: new S3ObjectsItemReader({ bucket: raw, prefix: JsonPath.stringAt("$.prefix") }),
    itemBatcher: new ItemBatcher({ maxItemsPerBatch: 20 }),
    maxConcurrency: 50,
    // Objects that cannot be tokenized are named in the results; many of them are a mistake of the run.
    toleratedFailurePercentage: 5,
    resultWriterV2: new ResultWriterV2({ bucket: results, prefix: "runs" }),
  });
  map.itemProcessor(invoke);
  return new StateMachine(scope, "TokenizeRun", { definitionBody: DefinitionBody.fromChainable(map) });
}
