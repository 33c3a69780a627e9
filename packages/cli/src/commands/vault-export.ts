// `fieldseal vault export`: all rows of a vault, sealed, as lines of base64. I/O.
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { withVault } from "../tokens/open-vault.ts";

const examples = `
Each line is one sealed frame; whoever imports it needs the vault's keys. A cut export is refused at import.

example:
  fieldseal vault export --config tokenizer.json > vault.export`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) =>
      withVault(options, async (vault) => {
        for await (const frame of vault.exportRows()) terminal.write(`${Buffer.from(frame).toString("base64")}\n`);
      }),
    );
}
