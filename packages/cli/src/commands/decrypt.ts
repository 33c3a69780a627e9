// `fieldseal decrypt`: what a decrypt service does, for one body or text on stdin. I/O.
import type { AccessDocument } from "@fieldseal/core/access";
import type { Policy } from "@fieldseal/core/policy";
import { createDecryptor, parseAccess, parsePolicy } from "@fieldseal/decrypt";
import type { Command } from "commander";
import { readJsonFile } from "../json-file.ts";
import { openText } from "../open-text.ts";
import { collectPairs, type Pairs } from "../option-pairs.ts";
import { keysInFiles, keysInKms, type PrivateKeyOptions } from "../private-keys.ts";
import type { Terminal } from "../terminal.ts";
import { usageError } from "../usage-error.ts";

interface DecryptOptions extends PrivateKeyOptions {
  readonly policy?: string;
  readonly contentType?: string;
  readonly context?: Pairs;
  readonly access?: string;
  readonly principal?: string;
  readonly purpose?: string;
}

const examples = `
The policy says where the envelopes of each field may stand, and gives the ARNs of the keys in KMS; without it every
envelope opens, with a warning. Without --content-type envelopes are opened in any text, and all other bytes stay as
they are. Context values that all routes of the policy set to the same constant need not be given.

examples:
  fieldseal decrypt --private-key pii-1=keys/pii-1.private.pem --policy policy.json --content-type application/json < sealed.json
  fieldseal decrypt --kms --region us-east-1 --policy policy.json --context tenant=acme < app.log`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .option("--private-key <kid=file>", "PEM private key; may be repeated", collectPairs("--private-key"))
    .option("--passphrase-file <file>", "passphrase of encrypted private keys")
    .option("--kms", "unwrap data keys through AWS KMS, with the keys of the policy")
    .option("--endpoint <url>", "KMS endpoint; http: only on 127.0.0.1")
    .option("--region <region>", "AWS Region; default: the one in each key's ARN")
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--policy <file>", "the policy that the body was sealed under")
    .option("--content-type <type>", "media type of the body; without it, any text")
    .option("--context <name=value>", "context value; may be repeated", collectPairs("--context"))
    .option("--access <file>", "access rules: what the principal may see")
    .option("--principal <name>", "who asks, for the access rules")
    .option("--purpose <name>", "what for, for the access rules")
    .addHelpText("after", examples)
    .action((options: DecryptOptions) => decrypt(options, terminal));
}

async function decrypt(options: DecryptOptions, terminal: Terminal): Promise<void> {
  checkUsage(options);
  const policy =
    options.policy === undefined ? null : (await readJsonFile(options.policy, "POLICY_INVALID", parsePolicy)).parsed;
  const access = options.access === undefined ? null : await readAccess(options.access);
  const { keys, close } = options.kms === true ? await keysInKms(options, policy!) : await keysInFiles(options);
  const decryptor = createDecryptor({ keys, ...(access === null ? {} : { access }) });
  const { principal, purpose } = options;
  const who = { ...(principal === undefined ? {} : { principal }), ...(purpose === undefined ? {} : { purpose }) };
  const context = { ...(policy === null ? {} : commonConstants(policy)), ...options.context };
  try {
    const bytes = await terminal.readInput();
    if (policy === null) {
      terminal.warn("without --policy every envelope opens, wherever it stands", "give --policy to check placement");
    }
    const { contentType: mediaType } = options;
    const expect = policy === null ? {} : { expect: policy };
    const opened =
      mediaType === undefined
        ? await openText(bytes, { fields: policy && fieldsOf(policy), context }, decryptor, who)
        : await decryptor.decryptBody({ bytes, mediaType, context, ...expect }, who);
    terminal.write(opened);
  } finally {
    await decryptor.close();
    close();
  }
}

function checkUsage({ kms, privateKey, policy, access, principal, purpose, ...rest }: DecryptOptions): void {
  if (kms === true && privateKey !== undefined) throw usageError("--kms and --private-key exclude each other");
  if (kms !== true && privateKey === undefined) throw usageError("give --private-key KID=FILE, or --kms");
  if (kms === true && policy === undefined) {
    throw usageError("--kms needs --policy", "the policy's keys name the ARN of each key");
  }
  const kmsOnly = [rest.endpoint, rest.region, rest.profile].some((value) => value !== undefined);
  if (kms !== true && kmsOnly) throw usageError("--endpoint, --region and --profile belong to --kms");
  if (kms === true && rest.passphraseFile !== undefined) throw usageError("--passphrase-file belongs to --private-key");
  if (access === undefined && (principal !== undefined || purpose !== undefined)) {
    throw usageError("--principal and --purpose need --access", "without access rules everybody sees everything");
  }
}

async function readAccess(file: string): Promise<AccessDocument> {
  return (await readJsonFile(file, "ACCESS_INVALID", parseAccess)).document as AccessDocument;
}

function fieldsOf(policy: Policy): Set<string> {
  return new Set(
    policy.routes
      .flatMap((route) => [...route.fields, ...route.query, ...route.headers, ...route.cookies])
      .map(({ name }) => name),
  );
}

/** The constants of the routes' contexts that every route sets, and to the same value. */
function commonConstants(policy: Policy): Record<string, string> {
  const constants = policy.routes.map(
    (route) =>
      new Map(route.context.flatMap((source) => (source.from === "constant" ? [[source.key, source.value]] : []))),
  );
  const [first, ...others] = constants;
  return Object.fromEntries(
    [...(first ?? [])].filter(([key, value]) => others.every((other) => other.get(key!) === value)),
  );
}
