// `fieldseal keygen`: an RSA key pair in two PEM files, for development and tests. I/O.
import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { fingerprintOf, kidSyntax } from "@fieldseal/core/policy";
import { type Command, Option } from "commander";
import { usageError } from "../errors/usage-error.ts";
import { createFile, exists, makeFolder, readPassphrase } from "../files.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface KeygenOptions {
  readonly bits: string;
  readonly kid: string;
  readonly out: string;
  readonly passphraseFile?: string;
}

const examples = `
Writes KID.public.pem and KID.private.pem (mode 0600), never over files that are there, and prints the entry for the
policy's "keys" to stdout. In production let AWS KMS make the key and fetch its public half with pull-key.

example:
  fieldseal keygen --bits 2048 --kid pii-1 --out keys > ring.json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .addOption(new Option("--bits <n>", "length of the RSA modulus").choices(["2048", "3072", "4096"]).default("2048"))
    .requiredOption("--kid <kid>", "key id in the policy's key ring")
    .requiredOption("--out <dir>", "folder for the two files; made if it is missing")
    .option("--passphrase-file <file>", "encrypt the private key under the passphrase in this file")
    .addHelpText("after", examples)
    .action((options: KeygenOptions) => keygen(options, terminal));
}

async function keygen({ bits, kid, out, passphraseFile }: KeygenOptions, terminal: Terminal): Promise<void> {
  if (!kidSyntax.pattern.test(kid)) throw usageError(`--kid expects ${kidSyntax.says}`);
  const files = { public: path.join(out, `${kid}.public.pem`), private: path.join(out, `${kid}.private.pem`) };
  for (const file of Object.values(files)) if (existsSync(file)) throw exists(file);
  const passphrase = passphraseFile === undefined ? null : await readPassphrase(passphraseFile);
  await makeFolder(out);
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: Number(bits), publicExponent: 0x10001 });
  const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }).toString();
  await createFile(files.private, privatePem(pair.privateKey, passphrase), 0o600);
  try {
    await createFile(files.public, publicKey, 0o644);
  } catch (error) {
    await rm(files.private);
    throw error;
  }
  const spki = pair.publicKey.export({ format: "der", type: "spki" });
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  const fingerprint = fingerprintOf(spki, { sha256, isUtf8: () => true });
  const entry = { [kid]: { alg: "RSA-OAEP-256", publicKey, fingerprint } };
  const report = { kid, bits: Number(bits), fingerprint, publicKeyFile: files.public, privateKeyFile: files.private };
  terminal.report({ ...report, keys: entry }, `${JSON.stringify(entry, null, 2)}\n`);
  terminal.note(`wrote ${files.public} and ${files.private}\nfingerprint: ${fingerprint}`);
}

function privatePem(key: KeyObject, passphrase: string | null): string {
  const pkcs8 = { format: "pem", type: "pkcs8" } as const;
  const pem = passphrase === null ? key.export(pkcs8) : key.export({ ...pkcs8, cipher: "aes-256-cbc", passphrase });
  return pem.toString();
}
