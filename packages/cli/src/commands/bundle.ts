// `fieldseal bundle`: the edge function of a policy, as a module and as a reproducible zip. I/O.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import type { Command } from "commander";
import { compilePolicy } from "../bundle/compile-policy.ts";
import { refuseDevelopmentKeys, refuseSecrets } from "../bundle/refuse-secrets.ts";
import { createBundle } from "../bundle/write-module.ts";
import { makeFolder, replaceFile } from "../files.ts";
import { readJsonFile } from "../json-file.ts";
import type { Terminal } from "../terminal.ts";

interface BundleOptions {
  readonly policy: string;
  readonly out: string;
  readonly development?: boolean;
}

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
    .option("--development", "accept keys of the KMS emulator")
    .addHelpText("after", examples)
    .action((options: BundleOptions) => bundle(options, terminal));
}

async function bundle({ policy: file, out, development }: BundleOptions, terminal: Terminal): Promise<void> {
  const { parsed } = await readJsonFile(file, "POLICY_INVALID", (value) => {
    refuseSecrets(value);
    const policy = parsePolicy(value);
    if (development !== true) refuseDevelopmentKeys(policy);
    return policy;
  });
  const runtime = await readFile(new URL("./bundle/edge-runtime.js", import.meta.url), "utf8");
  const { module, zip, sha256, codeSha256 } = createBundle(compilePolicy(parsed), runtime);
  await makeFolder(out);
  const files = { module: path.join(out, "index.mjs"), zip: path.join(out, "function.zip") };
  await replaceFile(files.module, module);
  await replaceFile(files.zip, zip);
  const report = {
    policy: parsed.id,
    module: { file: files.module, bytes: module.length },
    zip: { file: files.zip, bytes: zip.length, sha256, codeSha256 },
  };
  terminal.report(report, `${sha256}  ${files.zip}\n`);
  terminal.note(`${files.module}: ${module.length} bytes\n${files.zip}: ${zip.length} bytes, CodeSha256 ${codeSha256}`);
}
