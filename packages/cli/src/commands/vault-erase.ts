// `fieldseal vault erase`: ends all tokens of a subject by destroying its key. I/O.
import { noTenant } from "@fieldseal/tokenizer";
import type { Command } from "commander";
import { usageError } from "../errors/usage-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { withVault } from "../tokens/open-vault.ts";

interface EraseOptions extends ConfigOptions {
  readonly subject: string;
  readonly tenant?: string;
  readonly yes?: boolean;
}

const examples = `
There is no way back, and the subject's name stays closed. Copies outlive it: backups, replicas, exports.

example:
  fieldseal vault erase --config tokenizer.json --tenant shop-7 --subject customer-42 --yes`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .requiredOption("--subject <name>", "whose tokens end")
    .option("--tenant <name>", "the tenant of the subject; default: none")
    .option("--yes", "erase: without it nothing is done")
    .addHelpText("after", examples)
    .action((options: EraseOptions) => erase(options, terminal));
}

async function erase(options: EraseOptions, terminal: Terminal): Promise<void> {
  const { subject, tenant = noTenant, yes } = options;
  if (yes !== true) throw usageError("erasing is for good: give --yes");
  const erased = await withVault(options, (vault) => vault.eraseSubject(subject, { tenant }));
  terminal.report({ erased }, "");
  terminal.note(`${erased} tokens ended`);
  if (erased === 0)
    terminal.warn("the subject had no live token", "check --subject and --tenant: its name is closed now");
}
