// The edge function, and the distribution that sends every request with its body through it.
import { Duration, RemovalPolicy, SecretValue, Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  experimental,
  LambdaEdgeEventType,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { CompositePrincipal, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

const functionName = "fieldseal-edge";

export interface DistributionProps {
  readonly originDomain: string;
  /** What viewers ask for, and its certificate in us-east-1. */
  readonly domainName: string;
  readonly certificate: string;
}

export function edgeFunction(scope: Construct, zip: string): experimental.EdgeFunction {
  return new experimental.EdgeFunction(scope, "Edge", {
    functionName,
    role: edgeRole(scope),
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(zip),
    memorySize: 512,
    timeout: Duration.seconds(10),
    // Replicas outlive the association by hours; deleting a version before they are gone fails.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  });
}

/** Replicas write logs in the Region where they run, and have no other right. */
function edgeRole(scope: Construct): Role {
  const resources = [`arn:aws:logs:*:${Stack.of(scope).account}:log-group:/aws/lambda/us-east-1.${functionName}*`];
  const actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
  return new Role(scope, "EdgeRole", {
    roleName: functionName,
    assumedBy: new CompositePrincipal(
      new ServicePrincipal("lambda.amazonaws.com"),
      new ServicePrincipal("edgelambda.amazonaws.com"),
    ),
    inlinePolicies: { logs: new PolicyDocument({ statements: [new PolicyStatement({ actions, resources })] }) },
  });
}

export function distribution(
  scope: Construct,
  edge: experimental.EdgeFunction,
  { originDomain, domainName, certificate }: DistributionProps,
): Distribution {
  // A reference that CloudFormation resolves: the secret itself is in no template.
  const secret = SecretValue.secretsManager("fieldseal/origin").unsafeUnwrap();
  return new Distribution(scope, "Distribution", {
    domainNames: [domainName],
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificate),
    // The default certificate of cloudfront.net would admit TLS 1.0.
    minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
    defaultBehavior: {
      origin: new HttpOrigin(originDomain, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        customHeaders: { "x-fieldseal-secret": secret },
      }),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      edgeLambdas: [
        {
          functionVersion: edge.currentVersion,
          eventType: LambdaEdgeEventType.ORIGIN_REQUEST,
          includeBody: true,
        },
      ],
    },
  });
}
