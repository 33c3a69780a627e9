// What samples say of a policy, as warnings. Names and counts, never a value. Pure.
import type { Policy } from "@fieldseal/core/policy";
import type { JsonFile } from "../json-file.ts";
import type { Coverage, RuleCoverage, SampleProblem } from "./coverage-tally.ts";
import { placedRules } from "./describe.ts";
import type { SampleFolder } from "./sample-file.ts";
import type { Warning } from "./warning.ts";

/** Remarks on a policy that was held against the samples of a folder. */
export function coverageWarnings(
  { rules, uncovered, hidden, problems }: Coverage,
  { parsed, locate }: JsonFile<Policy>,
  { samples, unread }: SampleFolder,
): Warning[] {
  if (samples.length === 0 && unread.length === 0) {
    return [{ kind: "samples-absent", message: "the folder of samples is empty: nothing was held against the policy" }];
  }
  const pointers = placedRules(parsed).map(({ rule }) => rule.pointer);
  return [
    ...rules.flatMap((rule, index): Warning[] => {
      // Samples of bodies alone say nothing of other places.
      if (rule.matched > 0 || (rule.samples === 0 && rule.place !== "body")) return [];
      return [{ kind: "rule-matched-nothing", message: unmatched(rule), place: locate(pointers[index]!) }];
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
    ...problems.map((problem): Warning => {
      const { sample, hint } = problem;
      const message = `the sample ${sample} would be refused or not covered: ${reason(problem)}`;
      return { kind: "sample-refused", message, ...(hint === undefined ? {} : { hint }) };
    }),
    ...unread.map(({ name, why }): Warning => {
      const hint = `${name}.request.json beside it may say its "contentType"`;
      return { kind: "sample-unread", message: `${name} was left out: ${why}`, hint };
    }),
  ];
}

function unmatched({ field, samples }: RuleCoverage): string {
  return samples === 0
    ? `no sample is one that the rule "${field}" applies to`
    : `the rule "${field}" matched 0 of ${samples} samples`;
}

function reason({ code, field, offset }: SampleProblem): string {
  const details = [
    ...(field === undefined ? [] : [`field ${field}`]),
    ...(offset === undefined ? [] : [`at byte ${offset}`]),
  ];
  return details.length === 0 ? code : `${code} (${details.join(", ")})`;
}
