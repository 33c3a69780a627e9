// The edge function, and the distribution that sends every request with its body through it.
import { Duration, RemovalPolicy, SecretValue } from "aws-cdk-lib";
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  experimental,
  LambdaEdgeEventType,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Code, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

export function edgeFunction(scope: Construct, zip: string): experimental.EdgeFunction {
  return new experimental.EdgeFunction(scope, "Edge", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(zip),
    memorySize: 512,
    timeout: Duration.seconds(10),
    // Replicas outlive the association by hours; deleting a version before they are gone fails.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
  });
}

export function distribution(scope: Construct, edge: experimental.EdgeFunction, originDomain: string): Distribution {
  // A reference that CloudFormation resolves: the secret itself is in no template.
  const secret = SecretValue.secretsManager("fieldseal/origin").unsafeUnwrap();
  return new Distribution(scope, "Distribution", {
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
