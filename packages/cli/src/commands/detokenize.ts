// `fieldseal detokenize`: values for tokens on stdin. I/O.
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addTransform } from "../tokens/transform-command.ts";

const examples = `
Give the tenant, field and key version that the tokens were made with: others give plausible wrong values, not an error,
for formats without a vault.

examples:
  fieldseal detokenize --config tokenizer.json --format card --tenant shop-7 --version 1 < tokens.txt
  fieldseal detokenize --config tokenizer.json --ndjson --columns number --format card --version-column key < out.ndjson`;

export function configure(command: Command, terminal: Terminal): void {
  addTransform(command, "detokenize", terminal);
  command.addHelpText("after", examples);
}
