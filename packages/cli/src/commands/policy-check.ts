// `fieldseal policy check`: is the policy valid, what does it do, and what does it miss in recorded bodies? I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import type { Command } from "commander";
import { type JsonFile, readJsonFile } from "../json-file.ts";
import { coverageOf } from "../policy/coverage.ts";
import type { Coverage } from "../policy/coverage-tally.ts";
import { placedRules, rowOf } from "../policy/describe.ts";
import { readSamples, type Unread } from "../policy/sample-file.ts";
import { policyWarnings, type Warning } from "../policy/warnings.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

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
  const source = await readJsonFile(file, "POLICY_INVALID", parsePolicy);
  const policy = source.parsed;
  const read = folder === undefined ? null : await readSamples(folder);
  const coverage = read === null ? null : await coverageOf(policy, read.samples);
  const warnings = [
    ...policyWarnings(source),
    ...(coverage === null ? [] : coverageWarnings(coverage, source, read!.unread)),
  ];
  const count = read?.samples.length ?? 0;
  terminal.report(
    { policy: policy.id, rules: placedRules(policy).map(rowOf), samples: count, coverage, warnings },
    describe(policy) + (coverage === null ? "" : describeCoverage(coverage, count)),
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
  const headings = ["METHODS", "PATH", "IN", "FIELD", "SELECT", "ACTION", "REQUIRED"];
  const rows = placedRules(policy)
    .map(rowOf)
    .map(({ methods, path, place, field, select, action, required }) => {
      return [methods, path, place, field, select, action, required ? "yes" : "no"];
    });
  return table(headings, rows);
}

function describeCoverage({ rules, uncovered }: Coverage, samples: number): string {
  const matched = rules.map(({ field, path, place, select, matched: found, samples: of, values }) => {
    return [field, path, place, select, `matched ${found} of ${of}`, `${values} values`];
  });
  const open = uncovered.map(({ place, path, evidence, samples: where }) => {
    return [path, place, evidence, `in ${where} of ${samples}`];
  });
  return (
    `\n${table(["FIELD", "PATH", "IN", "SELECT", "SAMPLES", "VALUES"], matched)}` +
    (open.length === 0 ? "" : `\n${table(["UNCOVERED", "IN", "EVIDENCE", "SAMPLES"], open)}`)
  );
}

function coverageWarnings(
  { rules, uncovered, hidden, problems }: Coverage,
  { parsed, locate }: JsonFile<Policy>,
  unread: readonly Unread[],
): Warning[] {
  const pointers = placedRules(parsed).map(({ rule }) => rule.pointer);
  return [
    ...rules.flatMap(({ field, place, samples, matched }, index): Warning[] => {
      const message = `the rule "${field}" matched 0 of ${samples} samples`;
      // Samples of bodies alone say nothing of other places.
      return matched > 0 || (samples === 0 && place !== "body")
        ? []
        : [{ kind: "rule-matched-nothing", message, place: locate(pointers[index]!) }];
    }),
    ...uncovered.map(({ place, path, evidence }): Warning => {
      const why = evidence === "name" ? "its name looks sensitive" : `values look like ${evidence}`;
      const where = place === "body" ? path : `the ${place} ${path}`;
      return { kind: "field-uncovered", message: `no rule covers ${where}: ${why}` };
    }),
    ...hidden.map(({ path, name }): Warning => {
      const hint = 'a rule with "within": "json" reaches into strings';
      return { kind: "json-in-string", message: `${path} holds JSON with the covered name "${name}"`, hint };
    }),
    ...problems.map(({ sample, code }): Warning => {
      return { kind: "sample-refused", message: `the sample ${sample} would be refused or not covered: ${code}` };
    }),
    ...unread.map(({ name, why }): Warning => ({ kind: "sample-unread", message: `${name} was left out: ${why}` })),
  ];
}
