// `fieldseal vault sweep`: tombstones for expired tokens, and what killed processes left half done. I/O.
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { withVault } from "../tokens/open-vault.ts";

const examples = `
Reads every row, opens no value, and may run from time to time while the vault is in use.

example:
  fieldseal vault sweep --config tokenizer.json`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => sweep(options, terminal));
}

async function sweep(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const report = await withVault(options, (vault) => vault.sweep());
  const { expired, erased, finished, corrupt } = report;
  terminal.report(report, "");
  terminal.note(`${expired} expired and ${erased} erased tokens cleared, ${finished} rows finished`);
  if (corrupt > 0) terminal.warn(`${corrupt} rows are not as they were written`);
}
