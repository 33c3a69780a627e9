// `fieldseal bundle`: the edge function of a policy, as a module and as a reproducible zip. I/O.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { isOriginCustomHeader } from "@fieldseal/emulator";
import { type Command, Option } from "commander";
import type { KmsOptions } from "../aws/kms-client.ts";
import { addKmsOptions, refuseKmsOptions } from "../aws/kms-options.ts";
import { compilePolicy } from "../bundle/compile-policy.ts";
import { refuseDevelopmentKeys } from "../bundle/refuse-secrets.ts";
import { createBundle, type HandlerOptions } from "../bundle/write-module.ts";
import { usageError } from "../errors/usage-error.ts";
import { makeFolder, replaceFile } from "../files.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface BundleOptions extends KmsOptions, HandlerOptions {
  readonly policy: string;
  readonly out: string;
  readonly development?: boolean;
  readonly verifyKms?: boolean;
}

const modes = ["enforce", "shadow"];

const examples = `
Writes index.mjs, an ES module with the handler index.handler and the policy inside, and function.zip, which is the
same bytes wherever it is made. Nothing is read at run time. Deploy it to Lambda@Edge in us-east-1 and associate it with
the origin-request event, with the body included.

example:
  fieldseal bundle --policy policy.json --out build`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .requiredOption("--policy <file>", "the policy")
    .requiredOption("--out <dir>", "folder for index.mjs and function.zip; made if it is missing")
    .addOption(
      new Option("--mode <mode>", "shadow: try the rules and log, protect nothing; default: enforce").choices(modes),
    )
    .addOption(
      new Option("--request-log <form>", "log a line for each covered request; emf: CloudWatch metrics of it").choices([
        "json",
        "emf",
      ]),
    )
    .addOption(
      new Option("--origin-payload-hash <header>", "write the new body's hash, for origin access control").choices([
        "x-amz-content-sha256",
      ]),
    )
    .addOption(
      new Option("--body-digests <what>", "digest headers of a replaced body; default: drop").choices([
        "drop",
        "recompute",
      ]),
    )
    .option("--receipt-key-header <name>", "origin custom header with the HMAC key of receipts")
    .option("--development", "accept keys of the KMS emulator")
    .option("--verify-kms", "compare the public keys with those that AWS KMS has");
  addKmsOptions(command)
    .addHelpText("after", examples)
    .action((options: BundleOptions) => bundle(options, terminal));
}

async function bundle(options: BundleOptions, terminal: Terminal): Promise<void> {
  const { policy: file, out, development, verifyKms } = options;
  checkReceiptKeyHeader(options.receiptKeyHeader);
  if (verifyKms !== true) refuseKmsOptions(options, "--verify-kms");
  const { parsed } = await readPolicyFile(file, (policy) => {
    if (development !== true) refuseDevelopmentKeys(policy);
  });
  if (verifyKms === true) {
    const { verifyKeysInKms } = await import("../aws/kms-public-key.ts");
    const kids = await verifyKeysInKms(options, parsed, terminal);
    terminal.note(`KMS has the public keys of ${kids.join(", ")}`);
  }
  const runtime = await readFile(new URL("./bundle/edge-runtime.js", import.meta.url), "utf8");
  const { mode = "enforce" } = options;
  if (mode === "shadow") terminal.warn("in shadow mode nothing is protected: every field leaves in clear");
  const { module, zip, sha256, codeSha256 } = createBundle(compilePolicy(parsed), handlerOptions(options), runtime);
  await makeFolder(out);
  const files = { module: path.join(out, "index.mjs"), zip: path.join(out, "function.zip") };
  await replaceFile(files.module, module);
  await replaceFile(files.zip, zip);
  const report = {
    policy: parsed.id,
    mode,
    module: { file: files.module, bytes: module.length },
    zip: { file: files.zip, bytes: zip.length, sha256, codeSha256 },
  };
  terminal.report(report, `${sha256}  ${files.zip}\n`);
  terminal.note(`${files.module}: ${module.length} bytes\n${files.zip}: ${zip.length} bytes, CodeSha256 ${codeSha256}`);
}

/** CloudFront takes no other name for an origin custom header: the function would never find its key. */
function checkReceiptKeyHeader(name: string | undefined): void {
  if (name === undefined || (isOriginCustomHeader(name) && !/^x[-_]fieldseal$/i.test(name))) return;
  const hint = "choose one such as x-receipt-key";
  throw usageError("--receipt-key-header expects a name that CloudFront takes for an origin custom header", hint);
}

/** The options that the handler gets, in one order, so that the same options make the same bytes. */
function handlerOptions({
  mode,
  requestLog,
  originPayloadHash,
  bodyDigests,
  receiptKeyHeader,
}: BundleOptions): HandlerOptions {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(requestLog === undefined ? {} : { requestLog }),
    ...(originPayloadHash === undefined ? {} : { originPayloadHash }),
    ...(bodyDigests === undefined ? {} : { bodyDigests }),
    ...(receiptKeyHeader === undefined ? {} : { receiptKeyHeader }),
  };
}
