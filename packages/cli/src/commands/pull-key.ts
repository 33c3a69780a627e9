// `fieldseal pull-key`: the public half of a KMS key as an entry for the policy's `keys` (KMS API Reference,
// GetPublicKey). I/O.
import { createHash } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { fingerprintOf, kidSyntax, readPublicKey } from "@fieldseal/core/policy";
import type { Command } from "commander";
import type { KmsOptions } from "../aws/kms-client.ts";
import { addKmsOptions } from "../aws/kms-options.ts";
import { pullPublicKey } from "../aws/kms-public-key.ts";
import { usageError } from "../errors/usage-error.ts";
import { createFile, readText, replaceFile } from "../files.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface PullKeyOptions extends KmsOptions {
  readonly keyId: string;
  readonly kid: string;
  readonly out: string;
  readonly force?: boolean;
}

const examples = `
Writes { KID: { alg, publicKey, kms, fingerprint } }, which pastes into the policy's "keys". Credentials, region and
profile come from the environment as for every AWS tool. An alias is resolved once, to the key's ARN.

example:
  fieldseal pull-key --key-id alias/pii --region us-east-1 --kid pii-1 --out ring.json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .requiredOption("--key-id <id>", "id, ARN or alias of the KMS key")
    .requiredOption("--kid <kid>", "key id in the policy's key ring")
    .requiredOption("--out <file>", "file to write");
  addKmsOptions(command)
    .option("--force", "overwrite a file that holds another entry")
    .addHelpText("after", examples)
    .action((options: PullKeyOptions) => pullKey(options, terminal));
}

async function pullKey(options: PullKeyOptions, terminal: Terminal): Promise<void> {
  const { kid, keyId, out } = options;
  if (!kidSyntax.pattern.test(kid)) throw usageError(`--kid expects ${kidSyntax.says}`);
  const { alg, spki, id, spec } = await pullPublicKey(options, keyId, terminal);
  const publicKey = pemOf(spki);
  readPublicKey(publicKey, alg);
  const arn = [id, keyId].find((name) => name !== undefined && /^arn:[^:]*:kms:[^:]*:\d{12}:key\//.test(name));
  if (arn === undefined) terminal.warn("KMS did not name the key's ARN: the entry has no kms");
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  const fingerprint = fingerprintOf(spki, { sha256, isUtf8: () => true });
  const entry = { [kid]: { alg, publicKey, ...(arn === undefined ? {} : { kms: arn }), fingerprint } };
  await writeEntry(out, `${JSON.stringify(entry, null, 2)}\n`, options.force === true);
  if (terminal.json) terminal.report({ kid, alg, kms: arn, spec, fingerprint, file: out }, "");
  terminal.note(`wrote ${out}: ${spec ?? "key of unknown spec"}, fingerprint ${fingerprint}`);
}

function pemOf(spki: Uint8Array): string {
  const lines =
    Buffer.from(spki)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
}

/** A key that was pulled before is not replaced unasked: who pins it wants to know. */
async function writeEntry(file: string, text: string, force: boolean): Promise<void> {
  try {
    await createFile(file, text, 0o644);
  } catch (error) {
    if (!(error instanceof FieldsealError) || error.code !== "FILE_EXISTS") throw error;
    const before = force ? "" : await readText(file);
    if (before.trim() !== "" && before !== text) throw otherEntry(file);
    await replaceFile(file, text);
  }
}

function otherEntry(file: string): FieldsealError {
  return new FieldsealError("FILE_EXISTS", `${file} is there already, and holds something else`, {
    hint: "name another place, or replace it with --force",
  });
}
