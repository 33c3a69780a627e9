// `fieldseal audit report`: who opened what, how often. I/O.
import { reportAuditFile } from "@fieldseal/decrypt/audit";
import type { Command } from "commander";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

const examples = `
Counts what the lines say; run \`audit verify\` before, to know that they are all there.

example:
  fieldseal audit report audit.jsonl --json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .argument("<file>", "the audit trail")
    .addHelpText("after", examples)
    .action((file: string) => report(file, terminal));
}

async function report(file: string, terminal: Terminal): Promise<void> {
  const counts = await reportAuditFile(file);
  const headings = ["PRINCIPAL", "PURPOSE", "FIELD", "OPENED", "MASKED", "DENIED", "FAILED", "FIRST", "LAST"];
  const rows = counts.map(({ principal, purpose, field, opened, masked, denied, failed, first, last }) => {
    return [principal ?? "-", purpose ?? "-", field, ...[opened, masked, denied, failed].map(String), first, last];
  });
  terminal.report({ counts }, table(headings, rows));
  if (counts.length === 0) terminal.note("the file has no events");
}
