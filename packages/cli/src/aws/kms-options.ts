// Options of commands that can ask AWS KMS besides what else they do. Pure.
import type { Command } from "commander";
import { usageError } from "../errors/usage-error.ts";
import type { AwsOptions } from "./aws-client.ts";

/** Adds `--endpoint`, `--region` and `--profile`. */
export function addKmsOptions(command: Command): Command {
  return command
    .option("--endpoint <url>", "KMS endpoint; http: only on 127.0.0.1")
    .option("--region <region>", "AWS Region; default: the one in each key's ARN")
    .option("--profile <name>", "profile of the AWS configuration files");
}

/** @throws {FieldsealError} `USAGE_INVALID` for one of these options without `owner`, which has KMS asked. */
export function refuseKmsOptions({ endpoint, region, profile }: AwsOptions, owner: string): void {
  if ([endpoint, region, profile].every((value) => value === undefined)) return;
  throw usageError(`--endpoint, --region and --profile belong to ${owner}`);
}
