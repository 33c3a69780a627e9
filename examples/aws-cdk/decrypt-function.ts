// The decrypt function: a role of its own, logs that are kept, no rights beyond them. The key's policy lets it decrypt.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface DecryptProps {
  readonly folder: string;
  readonly tenant: string;
}

export interface DecryptParts {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logs: LogGroup;
}

export function decryptFunction(scope: Construct, { folder, tenant }: DecryptProps): DecryptParts {
  const role = new Role(scope, "DecryptRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  // The audit trail of who opened what is here, too.
  const logs = new LogGroup(scope, "DecryptLogs", {
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  logs.grantWrite(role);
  const lambda = new LambdaFunction(scope, "Decrypt", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(folder),
    role,
    logGroup: logs,
    memorySize: 512,
    timeout: Duration.seconds(10),
    // A ceiling for calls to KMS, whose quota all RSA keys of the account share.
    reservedConcurrentExecutions: 50,
    environment: { TENANT: tenant },
  });
  return { function: lambda, role, logs };
}
