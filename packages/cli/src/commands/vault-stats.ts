// `fieldseal vault stats`: how many tokens a vault holds, by state and format. I/O.
import type { Command } from "commander";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { withVault } from "../tokens/open-vault.ts";

const examples = `
Reads every row, and opens no value.

example:
  fieldseal vault stats --config tokenizer.json`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => stats(options, terminal));
}

async function stats(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const counts = await withVault(options, (vault) => vault.stats());
  const { tokens, liveByFormat, deterministic, subjects, corrupt } = counts;
  const rows = [
    ...Object.entries(tokens).map(([state, count]) => ["tokens", state, count] as const),
    ...Object.entries(liveByFormat).map(([format, count]) => ["live by format", format, count] as const),
    ["live", "deterministic", deterministic] as const,
    ...Object.entries(subjects).map(([state, count]) => ["subjects", state, count] as const),
    ["rows", "corrupt", corrupt] as const,
  ].map(([of, what, count]) => [of, what, String(count)]);
  terminal.report(counts, table(["OF", "WHAT", "COUNT"], rows));
  if (corrupt > 0) terminal.warn(`${corrupt} rows are not as they were written`);
}
