// `fieldseal decrypt`: what a decrypt service does, for one body, records or text on stdin. I/O.
import { randomUUID } from "node:crypto";
import type { AccessDocument } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { createDecryptor, type Decryptor, parseAccess, parsePolicy } from "@fieldseal/decrypt";
import { type AuditTrail, createAuditTrail, fileSink } from "@fieldseal/decrypt/audit";
import type { Command } from "commander";
import { kmsHints } from "../aws/kms-hints.ts";
import { addKmsOptions, refuseKmsOptions } from "../aws/kms-options.ts";
import { usageError } from "../errors/usage-error.ts";
import { withHint } from "../errors/with-hint.ts";
import { readJsonFile } from "../json-file.ts";
import { checkMediaType } from "../media-type-option.ts";
import { isStreamed, linesOf, openRecords } from "../open/open-stream.ts";
import { openText } from "../open/open-text.ts";
import { keysInFiles, keysInKms, type PrivateKeyOptions } from "../open/private-keys.ts";
import { collectPairs, type Pairs } from "../option-pairs.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface DecryptOptions extends PrivateKeyOptions {
  readonly policy?: string;
  readonly contentType?: string;
  readonly context?: Pairs;
  readonly access?: string;
  readonly principal?: string;
  readonly purpose?: string;
  readonly audit?: string;
}

const examples = `
The policy says where the envelopes of each field may stand, and gives the ARNs of the keys in KMS; without it every
envelope opens, with a warning. Without --content-type envelopes are opened in any text, and all other bytes stay as
they are. Text, NDJSON and CSV (with a header row) may be of any size: they are opened as they come, so that what stands
before a failure has been written. Context values that all routes of the policy set to the same constant need not be given.

examples:
  fieldseal decrypt --private-key pii-1=keys/pii-1.private.pem --policy policy.json --content-type application/json < sealed.json
  fieldseal decrypt --kms --region us-east-1 --policy policy.json --context tenant=acme < app.log
  fieldseal decrypt --kms --policy policy.json --content-type text/csv --access access.json --principal role:audit --audit trail.jsonl < all.csv > open.csv`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .option(
      "--private-key <kid=file...>",
      "PEM private keys; may be repeated",
      collectPairs("--private-key", "KID=FILE"),
    )
    .option("--passphrase-file <file>", "passphrase of encrypted private keys")
    .option("--kms", "unwrap data keys through AWS KMS, with the keys of the policy");
  addKmsOptions(command)
    .option("--policy <file>", "the policy that the body was sealed under")
    .option("--content-type <type>", "media type of the body; without it, any text")
    .option("--context <name=value...>", "context values; may be repeated", collectPairs("--context"))
    .option("--access <file>", "access rules: what the principal may see")
    .option("--principal <name>", "who asks, for access rules and audit trail")
    .option("--purpose <name>", "what for, for access rules and audit trail")
    .option("--audit <file>", "audit trail, to which one event for each field is added")
    .addHelpText("after", examples)
    .action((options: DecryptOptions) => decrypt(options, terminal));
}

async function decrypt(options: DecryptOptions, terminal: Terminal): Promise<void> {
  checkUsage(options);
  const policy =
    options.policy === undefined ? null : (await readJsonFile(options.policy, "POLICY_INVALID", parsePolicy)).parsed;
  if (options.kms === true) requireArn(policy!);
  const access = options.access === undefined ? null : await readAccess(options.access);
  const { keys, close } = options.kms === true ? await keysInKms(options, policy!) : await keysInFiles(options);
  const trail = options.audit === undefined ? null : createAuditTrail({ sink: fileSink(options.audit) });
  const decryptor = createDecryptor({
    keys,
    ...(access === null ? {} : { access }),
    ...(trail === null ? {} : { audit: trail }),
    // Any text: many requests' envelopes may stand on the lines that are opened together.
    ...(options.contentType === undefined ? { maxDataKeysPerRecord: maxDataKeysInText } : {}),
  });
  const context = { ...(policy === null ? {} : commonConstants(policy)), ...options.context };
  if (policy === null) {
    terminal.warn("without --policy every envelope opens, wherever it stands", "give --policy to check placement");
  }
  if (access !== null && options.principal === undefined) {
    terminal.warn("without --principal no access rule applies: every field stays sealed");
  }
  try {
    const opened = opening(
      { policy, context, who: whoOf(options), mediaType: options.contentType },
      decryptor,
      terminal,
    );
    for await (const bytes of opened) terminal.write(bytes);
  } catch (error) {
    throw withHint(error, hints);
  } finally {
    await closeAll(decryptor, trail);
    close();
  }
}

const maxDataKeysInText = 2000;

const hints = {
  ...kmsHints,
  DECRYPTION_FAILED: "the key, the --context or the envelope is another one: which of them is told to nobody",
} as const;

interface Asked {
  readonly policy: Policy | null;
  readonly context: Pairs;
  readonly who: NonNullable<Parameters<Decryptor["decryptBody"]>[1]>;
  readonly mediaType: string | undefined;
}

/** The opened input: at once where it is one body, else as it comes. */
async function* opening(
  { policy, context, who, mediaType }: Asked,
  decryptor: Decryptor,
  terminal: Terminal,
): AsyncGenerator<Uint8Array> {
  const expect = policy === null ? {} : { expect: policy };
  let isOpened = false;
  if (mediaType === undefined) {
    const fields = policy && fieldsOf(policy);
    for await (const lines of linesOf(terminal.watchedInput())) {
      const opened = await openText(lines, { fields, context, ...expect }, decryptor, who);
      isOpened ||= Buffer.compare(lines, opened) !== 0;
      yield opened;
    }
  } else if (isStreamed(mediaType)) {
    const onOpened = (): void => {
      isOpened = true;
    };
    yield* openRecords(terminal.watchedInput(), { decryptor, mediaType, context, who, ...expect }, onOpened);
  } else {
    const bytes = await terminal.readInput();
    const opened = await decryptor.decryptBody({ bytes, mediaType, context, ...expect }, who);
    isOpened = Buffer.compare(bytes, opened) !== 0;
    yield opened;
  }
  if (isOpened) return;
  const more = mediaType === undefined ? "; values in other formats than envelopes need --content-type" : "";
  const hint = `it holds no envelope, or none for this principal${more}`;
  terminal.warn("nothing was opened: the input leaves as it came", hint);
}

function whoOf({ principal, purpose, audit }: DecryptOptions): Asked["who"] {
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(audit === undefined ? {} : { requestId: randomUUID() }),
  };
}

async function closeAll(decryptor: Decryptor, trail: AuditTrail | null): Promise<void> {
  await decryptor.close();
  await trail?.close();
}

function checkUsage({ kms, privateKey, policy, access, principal, purpose, audit, ...rest }: DecryptOptions): void {
  if (rest.contentType !== undefined) checkMediaType(rest.contentType);
  if (kms === true && privateKey !== undefined) throw usageError("--kms and --private-key exclude each other");
  if (kms !== true && privateKey === undefined) throw usageError("give --private-key KID=FILE, or --kms");
  if (kms === true && policy === undefined) {
    throw usageError("--kms needs --policy", "the policy's keys name the ARN of each key");
  }
  if (kms !== true) refuseKmsOptions(rest, "--kms");
  if (kms === true && rest.passphraseFile !== undefined) throw usageError("--passphrase-file belongs to --private-key");
  if (access === undefined && audit === undefined && (principal !== undefined || purpose !== undefined)) {
    throw usageError(
      "--principal and --purpose need --access or --audit",
      "without access rules everybody sees everything",
    );
  }
}

function requireArn({ keys }: Policy): void {
  if ([...keys.values()].some(({ kms }) => kms !== undefined)) return;
  throw new FieldsealError("KEY_UNKNOWN", 'no key of the policy names one in KMS: "kms" is its ARN', {
    hint: "`fieldseal pull-key` writes it",
  });
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
