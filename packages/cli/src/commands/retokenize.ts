// `fieldseal retokenize`: tokens of older key versions for those of the current one. I/O.
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addTransform } from "../tokens/transform-command.ts";

const examples = `
Reads columns of tokens with the version that they were made under, and writes tokens under the configuration's current
version. Values are in memory only.

examples:
  fieldseal retokenize --config tokenizer.json --csv --columns number=card --version-column key < old.csv > new.csv
  fieldseal retokenize --config tokenizer.json --folder old --out new --columns number=card --version 1`;

export function configure(command: Command, terminal: Terminal): void {
  addTransform(command, "retokenize", terminal);
  command.addHelpText("after", examples);
}
