// `fieldseal audit verify`: whether an audit trail is whole (docs/audit.md, Verification). I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type AuditFileReport,
  type ChainProblem,
  type CheckpointVerifier,
  ed25519Verifier,
  hmacSigner,
  verifyAuditFile,
} from "@fieldseal/decrypt/audit";
import type { Command } from "commander";
import type { AwsOptions } from "../aws/aws-client.ts";
import { addKmsOptions, refuseKmsOptions } from "../aws/kms-options.ts";
import { usageError } from "../errors/usage-error.ts";
import { readBytes, readText } from "../files.ts";
import { collectPairs, type Pairs } from "../option-pairs.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface VerifyOptions extends AwsOptions {
  readonly checkpoints?: string;
  readonly hmacKey?: Pairs;
  readonly ed25519Key?: Pairs;
  readonly kmsKey?: string;
}

const examples = `
Without checkpoints the chain shows that no line was changed, moved or taken out, but not that its end is there: the
tail is unproven. Exits 1 where anything is wrong.

examples:
  fieldseal audit verify audit.jsonl
  fieldseal audit verify audit.jsonl --checkpoints checkpoints.jsonl --ed25519-key trail-1=trail.public.pem
  fieldseal audit verify audit.jsonl --checkpoints checkpoints.jsonl --kms-key arn:aws:kms:us-east-1:111122223333:key/...`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .argument("<file>", "the audit trail")
    .option("--checkpoints <file>", "its checkpoints, from the second sink")
    .option("--hmac-key <name=file>", "secret that signed them", collectPairs("--hmac-key", "NAME=FILE"))
    .option(
      "--ed25519-key <name=file>",
      "public key, in PEM, of what signed them",
      collectPairs("--ed25519-key", "NAME=FILE"),
    )
    .option("--kms-key <arn>", "HMAC key of KMS that signed them");
  addKmsOptions(command)
    .addHelpText("after", examples)
    .action((file: string, options: VerifyOptions) => verify(file, options, terminal));
}

async function verify(file: string, options: VerifyOptions, terminal: Terminal): Promise<void> {
  const verifier = await verifierOf(options);
  const { checkpoints } = options;
  if ((checkpoints === undefined) !== (verifier === null)) {
    throw usageError("--checkpoints goes with one of --hmac-key, --ed25519-key and --kms-key");
  }
  const report = await verifyAuditFile(
    file,
    checkpoints === undefined || verifier === null ? undefined : { file: checkpoints, verifier },
  );
  terminal.report(report, textOf(report));
  if (!report.ok) throw new FieldsealError("AUDIT_BROKEN", "the audit trail is not whole");
}

async function verifierOf(options: VerifyOptions): Promise<CheckpointVerifier | null> {
  const { hmacKey, ed25519Key, kmsKey } = options;
  const given = [hmacKey, ed25519Key, kmsKey].filter((option) => option !== undefined);
  const [[key, file] = [], ...others] = Object.entries(hmacKey ?? ed25519Key ?? {});
  if (given.length > 1 || others.length > 0) {
    throw usageError("give one of --hmac-key, --ed25519-key and --kms-key, once");
  }
  if (kmsKey === undefined) refuseKmsOptions(options, "--kms-key");
  if (key !== undefined && file !== undefined) {
    if (hmacKey !== undefined) return hmacSigner({ key, secret: await readBytes(file) });
    return ed25519Verifier({ key, publicKey: await readText(file) });
  }
  if (kmsKey === undefined) return null;
  const { createKmsClient, regionOf } = await import("../aws/kms-client.ts");
  const { kmsCheckpoints } = await import("@fieldseal/decrypt/kms");
  return kmsCheckpoints({ client: createKmsClient(options, regionOf(kmsKey)), key: kmsKey });
}

function textOf({ lines, events, writers, tail, torn, problems, badCheckpoints, endsTorn }: AuditFileReport): string {
  const closed = writers.filter((writer) => writer.closed).length;
  const rows = [
    `${lines} lines, ${events} events, ${writers.length} writers (${closed} closed), ${torn} torn lines closed`,
    `tail ${tail}`,
    ...(endsTorn ? ["the last line is cut off"] : []),
    ...problems.map(problemText),
    ...badCheckpoints.map((line) => `checkpoint line ${line}: the signature does not verify`),
  ];
  return `${rows.join("\n")}\n`;
}

function problemText(problem: ChainProblem): string {
  switch (problem.kind) {
    case "line-broken":
      return `line ${problem.line}: broken`;
    case "tail-cut":
      return `writer ${problem.writer}: cut off at ${problem.found}, a checkpoint vouches for ${problem.expected}`;
    case "writer-missing":
      return `writer ${problem.writer}: missing`;
    case "checkpoint-differs":
      return `line ${problem.line}: another than the one that a checkpoint vouches for (writer ${problem.writer}, ${problem.seq})`;
  }
}
