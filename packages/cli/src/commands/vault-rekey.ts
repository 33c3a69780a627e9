// `fieldseal vault rekey`: seals a vault's rows again under the current key version. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Command } from "commander";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { addConfigOptions, type ConfigOptions } from "../tokens/config-file.ts";
import { withVault } from "../tokens/open-vault.ts";

const examples = `
Tokens stay as they are, and the vault may be in use. The configuration lists the new key version as current, and keeps
the older ones: the first of them for as long as the vault lives. Rows that cannot be opened are left alone and told at
the end, by the base64url SHA-256 of their key in the store; then the exit code is 1.

example:
  fieldseal vault rekey --config tokenizer.json`;

export function configure(command: Command, terminal: Terminal): void {
  addConfigOptions(command)
    .addHelpText("after", examples)
    .action((options: ConfigOptions) => rekey(options, terminal));
}

async function rekey(options: ConfigOptions, terminal: Terminal): Promise<void> {
  const report = await withVault(options, (vault) => vault.rekey());
  const { tokens, subjects, left, leftRows } = report;
  const rows = leftRows.map(({ kind, digest, code }) => [kind, digest, code]);
  terminal.report(report, rows.length === 0 ? "" : table(["ROW OF A", "DIGEST OF ITS KEY", "CODE"], rows));
  terminal.note(`${tokens} tokens and ${subjects} subjects sealed again`);
  const [first] = leftRows;
  if (first === undefined) return;
  const corrupt = leftRows.find(({ code }) => code === "VAULT_CORRUPT") ?? first;
  throw new FieldsealError(corrupt.code, `${left} rows could not be opened, and stay as they are`, {
    hint: "keep the older key versions until each of them is explained: edited, planted, or of a key that is missing",
  });
}
