// `fieldseal audit report`: who opened what, how often. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import { reportAuditFile, verifyAuditFile } from "@fieldseal/decrypt/audit";
import type { Command } from "commander";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

const examples = `
Counts what the lines say. A trail whose lines do not follow from each other is a warning; whether its end is there, only
\`audit verify\` with checkpoints can say.

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
  const { ok } = await verifyAuditFile(file);
  const hint = `\`fieldseal audit verify ${file}\` says where`;
  if (!ok && counts.length === 0) throw new FieldsealError("AUDIT_BROKEN", "the file is no audit trail", { hint });
  const headings = ["PRINCIPAL", "PURPOSE", "FIELD", "OPENED", "MASKED", "DENIED", "FAILED", "FIRST", "LAST"];
  const rows = counts.map(({ principal, purpose, field, opened, masked, denied, failed, first, last }) => {
    return [principal ?? "-", purpose ?? "-", field, ...[opened, masked, denied, failed].map(String), first, last];
  });
  if (!ok) terminal.warn("the trail is not whole: what was opened may be more than this, or less", hint);
  terminal.report({ counts }, table(headings, rows));
  if (counts.length === 0) terminal.note("the file has no events");
}
