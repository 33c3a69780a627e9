// Starts the SSM Parameter Store emulator: GetParameter. I/O.
import { randomBytes } from "node:crypto";
import { AwsError } from "../aws-json/aws-error.ts";
import { startAwsJsonServer } from "../aws-json/aws-json-server.ts";
import { type JsonObject, optionalBoolean, requiredString } from "../aws-json/input.ts";
import type { AwsService } from "../aws-json/service.ts";
import type { AwsServer, AwsServerOptions } from "../aws-server/aws-server.ts";

/** Options of {@link startParameterStore}. */
export interface ParameterStoreOptions extends AwsServerOptions {
  /** Region in ARNs; `us-east-1` unless given. */
  readonly region?: string;
  /** By name: the value of a SecureString. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Starts an AWS Systems Manager emulator on 127.0.0.1 with SecureString parameters of one version each; it answers
 * GetParameter, and without `WithDecryption` with something that is not the value, as AWS does.
 *
 * @throws HOST_REFUSED, LISTEN_FAILED, CONFIG_INVALID
 */
export function startParameterStore(options: ParameterStoreOptions): Promise<AwsServer> {
  return startAwsJsonServer([parameterStoreService(options)], options);
}

function parameterStoreService({ region = "us-east-1", parameters }: ParameterStoreOptions): AwsService {
  const arnOf = (name: string): string => `arn:aws:ssm:${region}:000000000000:parameter/${name.replace(/^\//, "")}`;
  return {
    targetPrefix: "AmazonSSM",
    actionPrefix: "ssm",
    internalError: "InternalServerError",
    resourceMember: "Name",
    operations: new Map([["GetParameter", (input) => getParameter(input)]]),
  };

  function getParameter(input: JsonObject): JsonObject {
    const asked = requiredString(input, "Name", { max: 2048 });
    const found = Object.entries(parameters).find(([name]) => asked === name || asked === arnOf(name));
    if (found === undefined) throw new AwsError("ParameterNotFound");
    const [name, value] = found;
    const isPlain = optionalBoolean(input, "WithDecryption");
    return {
      Parameter: {
        ARN: arnOf(name),
        Name: name,
        DataType: "text",
        Type: "SecureString",
        Value: isPlain ? value : randomBytes(64).toString("base64"),
        Version: 1,
        LastModifiedDate: 0,
      },
    };
  }
}
