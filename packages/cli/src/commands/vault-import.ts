// `fieldseal vault import`: what `vault export` wrote, into a vault. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { lineBatches } from "../tokens/line-batches.ts";
import { withVault } from "../tokens/open-vault.ts";

const examples = `
May be repeated. What the vault has revoked or erased stays so, and what the export has ended ends here. Makes the
vault's file or table where there is none.

example:
  fieldseal vault import --config tokenizer.json < vault.export`;

// A frame of an export has at most 16 MB; base64 takes a third more.
const limits = { maxLines: 64, maxLength: 24_000_000 };
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => importLines(options, terminal));
}

async function importLines(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const report = await withVault(options, (vault) => vault.importRows(frames(terminal.input())), { create: true });
  terminal.report({ written: report.written, kept: report.kept }, "");
  terminal.note(`${report.written} rows written, ${report.kept} kept`);
}

async function* frames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const lines of lineBatches(input, limits)) {
    for (const line of lines) {
      if (line.length % 4 !== 0 || !base64.test(line))
        throw new FieldsealError("VAULT_EXPORT_INVALID", "a line is not base64");
      yield Buffer.from(line, "base64");
    }
  }
}
