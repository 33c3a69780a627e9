// `fieldseal policy check`: is the policy valid, what does it do, and what does it miss in recorded bodies? I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { Command } from "commander";
import { coverageOf } from "../policy/coverage.ts";
import type { Coverage } from "../policy/coverage-tally.ts";
import { coverageWarnings } from "../policy/coverage-warnings.ts";
import { placedRules, rowOf, tablesOf } from "../policy/describe.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import { readSamples } from "../policy/sample-file.ts";
import { policyWarnings } from "../policy/warnings.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface CheckOptions {
  readonly samples?: string;
  readonly strict?: boolean;
}

const examples = `
Samples are recorded bodies; the extension gives the media type (.json .ndjson .jsonl .form .xml .txt). A file
NAME.request.json beside NAME may give { "method", "path", "contentType", "querystring", "headers" }; without it every
route is tried. One that stands alone may give a "body" too, and a .json file may be a CloudFront event. Query, headers
and cookies are held against their rules where a sample has them. Values of samples are never shown.

example:
  fieldseal policy check policy.json --samples samples --strict`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .argument("<file>", "the policy")
    .option("--samples <dir>", "folder of recorded bodies and requests to hold the policy against")
    .option("--strict", "fail on warnings")
    .addHelpText("after", examples)
    .action((file: string, options: CheckOptions) => check(file, options, terminal));
}

async function check(file: string, { samples: folder, strict }: CheckOptions, terminal: Terminal): Promise<void> {
  const source = await readPolicyFile(file);
  const policy = source.parsed;
  const read = folder === undefined ? null : await readSamples(folder);
  const coverage = read === null ? null : await coverageOf(policy, read.samples);
  const warnings = [...policyWarnings(source), ...(coverage === null ? [] : coverageWarnings(coverage, source, read!))];
  const count = read?.samples.length ?? 0;
  terminal.report(
    { policy: policy.id, rules: placedRules(policy).map(rowOf), samples: count, coverage, warnings },
    describe(policy) + (coverage === null ? "" : describeCoverage(policy, coverage, count)),
  );
  for (const { message, place, hint } of terminal.json ? [] : warnings) {
    terminal.warn(`${place === undefined ? "" : `${place.file}:${place.line}:${place.column}: `}${message}`, hint);
  }
  if (strict === true && warnings.length > 0) {
    throw new FieldsealError(
      "POLICY_WARNED",
      `${warnings.length} warning${warnings.length === 1 ? "" : "s"}, and --strict was given`,
    );
  }
  terminal.note(`policy ${policy.id} is valid`);
}

function describe(policy: Policy): string {
  const headings = ["IN", "FIELD", "SELECT", "ACTION", "REQUIRED"];
  const rows = placedRules(policy)
    .map(rowOf)
    .map(({ place, field, select, action, required }) => [place, field, select, action, required ? "yes" : "no"]);
  return tablesOf(policy, { headings, rows });
}

function describeCoverage(policy: Policy, { rules, uncovered }: Coverage, samples: number): string {
  const matched = rules.map(({ field, place, select, matched: found, samples: of, values }) => {
    return [place, field, select, `matched ${found} of ${of}`, `${values} values`];
  });
  const open = uncovered.map(({ place, path, evidence, samples: where }) => {
    return [path, place, evidence, `in ${where} of ${samples}`];
  });
  return (
    `\n${tablesOf(policy, { headings: ["IN", "FIELD", "SELECT", "SAMPLES", "VALUES"], rows: matched })}` +
    (open.length === 0 ? "" : `\n${table(["UNCOVERED", "IN", "EVIDENCE", "SAMPLES"], open)}`)
  );
}
