// `fieldseal policy diff`: what a change of policy covers, uncovers and re-keys. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Command } from "commander";
import { diffPolicies, type PolicyDiff, type RuleChange } from "../policy/diff.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import { table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface DiffOptions {
  readonly allowUncovered?: boolean;
  readonly allowRekey?: boolean;
}

const examples = `
exit code 1 where a place loses its rule or a check becomes weaker (unless --allow-uncovered), and where a field gets
another key or a key of the ring is replaced, moved or removed (unless --allow-rekey).

example:
  fieldseal policy diff deployed.json policy.json --allow-rekey`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .argument("<old>", "the policy in force")
    .argument("<new>", "the policy to come")
    .option("--allow-uncovered", "accept places that are no longer covered, and weaker checks")
    .option("--allow-rekey", "accept other keys for fields, and changes of keys")
    .addHelpText("after", examples)
    .action((before: string, after: string, options: DiffOptions) => diff(before, after, options, terminal));
}

async function diff(oldFile: string, newFile: string, options: DiffOptions, terminal: Terminal): Promise<void> {
  const [before, after] = await Promise.all([oldFile, newFile].map((file) => readPolicyFile(file)));
  const found = diffPolicies(before!.parsed, after!.parsed);
  const rows = rowsOf(found);
  terminal.report(
    found,
    rows.length === 0 ? "" : table(["CHANGE", "METHODS", "PATH", "FIELD", "SELECT", "WHAT"], rows),
  );
  if (rows.length === 0) terminal.note("no difference in what the policies cover");
  const lost = found.uncovered.length + found.weakened.length;
  if (lost > 0 && options.allowUncovered !== true) {
    throw new FieldsealError("COVERAGE_REDUCED", `the new policy covers or checks less in ${lost} places`, {
      hint: "where it is meant, pass --allow-uncovered",
    });
  }
  const replaced = found.rekeyed.length + found.keys.length;
  if (replaced > 0 && options.allowRekey !== true) {
    throw new FieldsealError("KEY_REPLACED", `the new policy changes keys in ${replaced} places`, {
      hint: "readers need both keys from now on; where it is meant, pass --allow-rekey",
    });
  }
}

function rowsOf(found: PolicyDiff): string[][] {
  const ofRules = (word: string, changes: readonly RuleChange[]): string[][] =>
    changes.map(({ methods, path, field, select, example, from, to }) => {
      return [word, methods, path, field, select, from === undefined ? `such as ${example}` : `${from} -> ${to}`];
    });
  return [
    ...ofRules("newly uncovered", found.uncovered),
    ...found.weakened.map(({ path, setting, from, to }) => [
      "weakened",
      "",
      path,
      "",
      "",
      `${setting}: ${from} -> ${to}`,
    ]),
    ...ofRules("re-keyed", found.rekeyed),
    ...found.keys.map(({ kid, change }) => [`key ${change}`, "", "", "", "", kid]),
    ...ofRules("changed", found.changed),
    ...ofRules("newly covered", found.covered),
  ];
}
