// `fieldseal tokenize`: tokens for values on stdin. I/O.
import type { Command } from "commander";
import type { Terminal } from "../terminal/terminal.ts";
import { addTransform } from "../tokens/transform-command.ts";

const examples = `
Reads values one a line, and writes a token for each; with --json an object of token and version for each. What was
done before a bad value is written already: tokens of whole batches of up to 4096 values.

examples:
  fieldseal tokenize --config tokenizer.json --format card --tenant shop-7 < numbers.txt > tokens.txt
  fieldseal tokenize --config tokenizer.json --csv --columns number=card,ssn=us-ssn --version-column key < in.csv > out.csv
  fieldseal tokenize --config tokenizer.json --ndjson --format card --columns '$.customer.card,$.items[*].pan' < in.ndjson
  fieldseal tokenize --config tokenizer.json --folder in --out out --columns number=card`;

export function configure(command: Command, terminal: Terminal): void {
  addTransform(command, "tokenize", terminal);
  command.addHelpText("after", examples);
}
