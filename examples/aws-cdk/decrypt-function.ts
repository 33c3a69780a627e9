// The decrypt function: logs that are kept, and no rights beyond them. The key's policy lets its role decrypt.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Policy, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface DecryptProps {
  readonly folder: string;
  readonly tenant: string;
  readonly role: Role;
}

export interface DecryptParts {
  readonly decrypt: LambdaFunction;
  readonly logs: LogGroup;
}

export function decryptFunction(scope: Construct, { folder, tenant, role }: DecryptProps): DecryptParts {
  // The audit trail of who opened what is here, too.
  const logs = new LogGroup(scope, "DecryptLogs", {
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const write = { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [logs.logGroupArn] };
  new Policy(scope, "WriteLogs", { roles: [role], statements: [new PolicyStatement(write)] });
  const decrypt = new LambdaFunction(scope, "Decrypt", {
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
  return { decrypt, logs };
}
