// The Lambda function as `aws lambda get-function` prints it (Lambda API Reference, GetFunction), held to what
// Lambda@Edge takes (CloudFront Developer Guide, "Restrictions on Lambda@Edge"). Pure.
import { type JsonObject, listAt, objectAt, textAt, valueAt } from "./aws-json.ts";
import { type Check, checksOf } from "./check.ts";

export type EdgeEvent = "origin-request" | "viewer-request";

/** A function, as far as the checks look at it. */
export interface DeployedFunction {
  readonly arn: string;
  readonly role: string;
  readonly codeSha256: string;
  readonly configuration: JsonObject;
}

const mebibyte = 1024 * 1024;

/** What Lambda@Edge allows a function of each event; sizes in bytes, compressed. */
export const edgeQuotas: Readonly<
  Record<EdgeEvent, { readonly codeBytes: number; readonly seconds: number; readonly megabytes: number }>
> = {
  "origin-request": { codeBytes: 50 * mebibyte, seconds: 30, megabytes: 10_240 },
  "viewer-request": { codeBytes: mebibyte, seconds: 5, megabytes: 128 },
};

const runtimes = ["nodejs22.x", "nodejs24.x"];

/** Reads the output of get-function, or of get-function-configuration. @throws {FieldsealError} `CONFIG_INVALID`. */
export function readFunction(document: unknown): DeployedFunction {
  const inner = valueAt(document, "Configuration") ?? document;
  const configuration = objectAt({ inner }, "aws lambda get-function", "inner");
  // Without an ARN it is something else.
  objectAt({ arn: textAt(configuration, "FunctionArn") === "" ? null : {} }, "aws lambda get-function", "arn");
  return {
    arn: textAt(configuration, "FunctionArn"),
    role: textAt(configuration, "Role"),
    codeSha256: textAt(configuration, "CodeSha256"),
    configuration,
  };
}

/** The qualifier of a function's ARN; null where it has none. */
export function qualifierOf(arn: string): string | null {
  return /^arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]+:([^:]+)$/.exec(arn)?.[1] ?? null;
}

/** Region of a function's ARN; empty where it is no such ARN. */
export function regionOfFunction(arn: string): string {
  return /^arn:[^:]*:lambda:([^:]*):/.exec(arn)?.[1] ?? "";
}

/** Holds a function to what Lambda@Edge takes. */
export function checkFunction({ arn, configuration }: DeployedFunction, event: EdgeEvent): Check[] {
  const check = checksOf(textAt(configuration, "FunctionName") || "function");
  const quota = edgeQuotas[event];
  const number = (...names: string[]): number => Number(valueAt(configuration, ...names) ?? 0);
  const text = (...names: string[]): string => textAt(configuration, ...names);
  const region = regionOfFunction(arn);
  const version = text("Version");
  const qualifier = qualifierOf(arn);
  const architecture = listAt(configuration, "Architectures").join(",") || "x86_64";
  const variables = Object.keys((valueAt(configuration, "Environment", "Variables") as object | undefined) ?? {});
  const layers = listAt(configuration, "Layers").length;
  const subnets = listAt(configuration, "VpcConfig", "SubnetIds").length;
  const packageType = text("PackageType") || "Zip";
  const state = [text("State"), text("LastUpdateStatus")].filter((word) => word !== "");
  const storage = number("EphemeralStorage", "Size");
  return [
    check(
      "function-region",
      region === "us-east-1",
      region,
      "create the function in us-east-1; CloudFront replicates it",
    ),
    check(
      "function-version",
      /^[0-9]+$/.test(version) && qualifier === version,
      qualifier ?? (version || "none"),
      "publish a version, and ask for it: aws lambda get-function --qualifier NUMBER; $LATEST and aliases are refused",
    ),
    check(
      "function-state",
      state.every((word) => ["Active", "Successful"].includes(word)),
      state.join(", ") || "not told",
      "wait until the function is Active, or read its StateReason",
    ),
    check("function-architecture", architecture === "x86_64", architecture, "Lambda@Edge runs x86_64 only"),
    check(
      "function-package",
      packageType === "Zip",
      packageType,
      "deploy the zip: container images do not run at the edge",
    ),
    check("function-runtime", runtimes.includes(text("Runtime")), text("Runtime"), `use ${runtimes.join(" or ")}`),
    check(
      "function-handler",
      text("Handler") === "index.handler",
      text("Handler"),
      "set the handler to index.handler, which is what `fieldseal bundle` writes",
    ),
    check(
      "function-environment",
      variables.length === 0,
      // Values may be secrets, and names tell what they are.
      `${variables.length} variables`,
      "remove the environment variables: Lambda@Edge has none, and the policy is in the code",
    ),
    check("function-layers", layers === 0, `${layers} layers`, "remove the layers: the bundle needs none"),
    check("function-vpc", subnets === 0, `${subnets} subnets`, "take the function out of the VPC"),
    check(
      "function-dead-letter",
      text("DeadLetterConfig", "TargetArn") === "",
      text("DeadLetterConfig", "TargetArn") === "" ? "none" : "set",
      "remove the dead-letter queue",
    ),
    check(
      "function-tracing",
      text("TracingConfig", "Mode") !== "Active",
      text("TracingConfig", "Mode") || "none",
      "set tracing to PassThrough: X-Ray does not work at the edge",
    ),
    check("function-storage", storage <= 512, `${storage} MB`, "set the ephemeral storage to 512 MB"),
    check(
      "function-timeout",
      number("Timeout") <= quota.seconds,
      `${number("Timeout")} s`,
      `at ${event} a function may take ${quota.seconds} s`,
    ),
    check(
      "function-memory",
      number("MemorySize") <= quota.megabytes,
      `${number("MemorySize")} MB`,
      `at ${event} a function may have ${quota.megabytes} MB`,
    ),
    check(
      "function-size",
      number("CodeSize") <= quota.codeBytes,
      `${number("CodeSize")} bytes`,
      `at ${event} the package may have ${quota.codeBytes} bytes; deploy what \`fieldseal bundle\` writes`,
    ),
  ];
}
