// `fieldseal doctor`: is what is deployed what was built, and does every request pass through it? I/O.
import { stat } from "node:fs/promises";
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { type PolicyDocument, parsePolicy } from "@fieldseal/edge-encrypt";
import { type Command, Option } from "commander";
import { addKmsOptions, refuseKmsOptions } from "../aws/kms-options.ts";
import { checkCanaries } from "../doctor/canary.ts";
import type { Check } from "../doctor/check.ts";
import { behaviorsOfFunction, checkBehaviors } from "../doctor/check-behaviors.ts";
import { checkBundle } from "../doctor/check-bundle.ts";
import { readDistribution } from "../doctor/deployed-distribution.ts";
import { checkFunction, type EdgeEvent, readFunction } from "../doctor/deployed-function.ts";
import { checkRole, readRole } from "../doctor/deployed-role.ts";
import { usageError } from "../errors/usage-error.ts";
import { readBytes } from "../files.ts";
import { type JsonFile, readJsonFile } from "../json-file.ts";
import { keysInFiles, keysInKms, type PrivateKeyOptions } from "../open/private-keys.ts";
import { collectPairs } from "../option-pairs.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface DoctorOptions extends PrivateKeyOptions {
  readonly function?: string;
  readonly role?: string;
  readonly distribution?: string;
  readonly policy?: string;
  readonly event: EdgeEvent;
}

const examples = `
BUNDLE is the zip, or the folder that \`fieldseal bundle\` wrote. Everything is read from files: the answers of the AWS
command line, so that whoever may read the account can look, and whoever knows this command can judge. With --policy and
private keys, a random value is sealed and opened under each key.

examples:
  aws lambda get-function --region us-east-1 --function-name edge --qualifier 7 > function.json
  aws cloudfront get-distribution-config --id E2EXAMPLE > distribution.json
  aws iam get-role --role-name edge > role.json
  fieldseal doctor build --policy policy.json --function function.json --distribution distribution.json --role role.json
  fieldseal doctor --policy policy.json --kms`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .argument("[bundle]", "deployment package, or the folder with function.zip")
    .option("--policy <file>", "the policy that should be deployed")
    .option("--function <file>", "output of aws lambda get-function")
    .option("--distribution <file>", "output of aws cloudfront get-distribution-config")
    .option("--role <file>", "output of aws iam get-role, for the function's role")
    .addOption(
      new Option("--event <type>", "event type of the association")
        .choices(["origin-request", "viewer-request"])
        .default("origin-request"),
    )
    .option(
      "--private-key <kid=file>",
      "PEM private key, for a canary; may be repeated",
      collectPairs("--private-key", "KID=FILE"),
    )
    .option("--passphrase-file <file>", "passphrase of encrypted private keys")
    .option("--kms", "a canary through AWS KMS for each key of the policy");
  addKmsOptions(command)
    .addHelpText("after", examples)
    .action((bundle: string | undefined, options: DoctorOptions) => doctor(bundle, options, terminal));
}

async function doctor(bundle: string | undefined, options: DoctorOptions, terminal: Terminal): Promise<void> {
  checkUsage(bundle, options);
  const { event } = options;
  const source = await optional(options.policy, (file) => readJsonFile(file, "POLICY_INVALID", parsePolicy));
  const deployed = (await optional(options.function, (file) => awsAnswer(file, readFunction)))?.parsed ?? null;
  const behaviors = await optional(options.distribution, (file) => awsAnswer(file, readDistribution));
  const role = await optional(options.role, (file) => awsAnswer(file, readRole));
  const zip = await optional(bundle, readZip);
  const policy = source?.parsed ?? null;
  const inFront = behaviors === null ? [] : behaviorsOfFunction(behaviors.parsed, { event, deployed, policy });
  const checks: Check[] = [
    ...(zip === null ? [] : checkBundle(zip, { event, deployed, policy, behaviors: inFront })),
    ...(deployed === null ? [] : checkFunction(deployed, event)),
    ...(role === null ? [] : checkRole(role.parsed, deployed)),
    ...(behaviors === null ? [] : checkBehaviors(behaviors.parsed, { event, deployed, policy })),
    ...(source === null ? [] : await canaries(source, options)),
  ];
  const failed = checks.filter(({ ok }) => !ok);
  const rows = checks.map(({ check, subject, ok, found }) => [ok ? "ok" : "FAILED", check, subject, found]);
  terminal.report({ checks, failed: failed.length }, table(["RESULT", "CHECK", "SUBJECT", "FOUND"], rows));
  if (failed.length === 0) return terminal.note(`${checks.length} checks hold`);
  for (const { check, subject, hint } of failed) terminal.note(`${check} (${subject}): ${hint}`);
  const names = [...new Set(failed.map(({ check }) => check))].join(", ");
  throw new FieldsealError("DEPLOYMENT_UNSOUND", `${failed.length} of ${checks.length} checks failed: ${names}`);
}

function checkUsage(bundle: string | undefined, options: DoctorOptions): void {
  const { function: deployed, distribution, role, policy, kms, privateKey, passphraseFile } = options;
  const hasKeys = kms === true || privateKey !== undefined;
  if (kms === true && privateKey !== undefined) throw usageError("--kms and --private-key exclude each other");
  if (hasKeys && policy === undefined) throw usageError("a canary needs --policy", "the policy has the public keys");
  if (![bundle, deployed, distribution, role].some((file) => file !== undefined) && !hasKeys) {
    throw usageError("nothing to check", "give a bundle, --function, --distribution, --role, or --policy with keys");
  }
  if (kms !== true) refuseKmsOptions(options, "--kms");
  if (privateKey === undefined && passphraseFile !== undefined) {
    throw usageError("--passphrase-file belongs to --private-key");
  }
}

async function canaries({ document, parsed }: JsonFile<Policy>, options: DoctorOptions): Promise<Check[]> {
  const { kms, privateKey } = options;
  if (kms !== true && privateKey === undefined) return [];
  const kids = privateKey === undefined ? [...parsed.keys.keys()] : Object.keys(privateKey);
  if (kids.some((kid) => !parsed.keys.has(kid))) throw usageError("--private-key names a key that the policy lacks");
  const { keys, close } = kms === true ? await keysInKms(options, parsed) : await keysInFiles(options);
  try {
    return await checkCanaries(document as PolicyDocument, kids, keys);
  } finally {
    close();
  }
}

function awsAnswer<T>(file: string, read: (document: unknown) => T): Promise<JsonFile<T>> {
  return readJsonFile(file, "CONFIG_INVALID", read);
}

async function readZip(file: string): Promise<Uint8Array> {
  const isFolder = (await stat(file).catch(() => null))?.isDirectory() === true;
  return readBytes(isFolder ? path.join(file, "function.zip") : file);
}

async function optional<T>(file: string | undefined, read: (file: string) => Promise<T>): Promise<T | null> {
  return file === undefined ? null : await read(file);
}
