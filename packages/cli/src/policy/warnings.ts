// What is allowed in a policy and still worth a second look. Pure.
import type { Policy } from "@fieldseal/core/policy";
import type { JsonFile } from "../json-file.ts";
import { placedRules, selectOf } from "./describe.ts";
import { routeWarnings, settingWarnings } from "./route-warnings.ts";
import { isAuthenticationName } from "./sensitive.ts";
import type { Warning } from "./warning.ts";

const emulatorAccount = ":000000000000:";

/** Remarks on the policy itself, in its order. */
export function policyWarnings(source: JsonFile<Policy>): Warning[] {
  const { parsed: policy, locate } = source;
  return [
    ...keyWarnings(policy, locate),
    ...repeatedKeys(policy, locate),
    ...(placedRules(policy).length === 0 ? [withoutRules(locate)] : []),
    ...pathWarnings(policy, locate),
    ...routeWarnings(source),
    ...ruleWarnings(policy, locate),
    ...settingWarnings(source),
    ...unmatchedWarning(policy, locate),
  ];
}

type Locate = JsonFile<Policy>["locate"];

function keyWarnings(policy: Policy, locate: Locate): Warning[] {
  return [...policy.keys.values()].flatMap(({ kid, fingerprint, kms }) => {
    const place = locate(`/keys/${kid}`);
    const unpinned: Warning = {
      kind: "fingerprint-absent",
      message: `the key "${kid}" has no pinned fingerprint`,
      place,
      hint: "`fieldseal pull-key` writes it",
    };
    const development: Warning = {
      kind: "development-key",
      message: `the key "${kid}" is an emulator's`,
      place,
      hint: "`fieldseal bundle` refuses it",
    };
    return [
      ...(fingerprint === undefined ? [unpinned] : []),
      ...(kms?.includes(emulatorAccount) === true ? [development] : []),
    ];
  });
}

/** Two kids of one key: whoever opens the fields of one opens those of the other. */
function repeatedKeys({ keys }: Policy, locate: Locate): Warning[] {
  const first = new Map<string, string>();
  return [...keys.values()].flatMap(({ kid, publicKey, kms }): Warning[] => {
    const marks = [Buffer.from(publicKey.spki).toString("base64"), ...(kms === undefined ? [] : [kms])];
    const other = marks.map((mark) => first.get(mark)).find((found) => found !== undefined);
    for (const mark of marks) first.set(mark, kid);
    if (other === undefined) return [];
    const message = `the keys "${other}" and "${kid}" are one key: whoever opens the fields of one opens those of the other`;
    return [
      { kind: "key-repeated", message, place: locate(`/keys/${kid}`), hint: "make a key for each class of field" },
    ];
  });
}

function withoutRules(locate: Locate): Warning {
  return { kind: "rules-absent", message: "the policy has no rule: it protects nothing", place: locate("/routes") };
}

/** `:id`, `<id>` and `[id]`, which name a segment to many routers, and are text here: such a route covers nothing. */
function pathWarnings({ routes }: Policy, locate: Locate): Warning[] {
  return routes.flatMap(({ path }, index) =>
    path.segments.flatMap((segment): Warning[] => {
      const text = segment.kind === "literal" ? segment.text : "";
      const [, name] = /^(?::|<(?=.*>$)|\[(?=.*\]$))(\w+)/.exec(text) ?? [];
      if (name === undefined) return [];
      const message = `the segment ${text} of the path ${path.text} is literal text: no other segment matches it`;
      const hint = `write {${name}} for a segment of any text`;
      return [{ kind: "segment-literal", message, place: locate(`/routes/${index}/path`), hint }];
    }),
  );
}

function ruleWarnings(policy: Policy, locate: Locate): Warning[] {
  return [...sealingWarnings(policy, locate), ...tokenizeWarnings(policy, locate)];
}

function tokenizeWarnings(policy: Policy, locate: Locate): Warning[] {
  return placedRules(policy).flatMap(({ rule }): Warning[] => {
    if (rule.action.kind !== "tokenize") return [];
    const message = `the rule "${rule.name}" needs a tokenizer, which no bundle has: there a request with such a value is refused`;
    const hint = "encrypt at the edge and tokenize at the origin, or write the function by hand";
    return [{ kind: "tokenizer-needed", message, place: locate(rule.pointer), hint }];
  });
}

function sealingWarnings(policy: Policy, locate: Locate): Warning[] {
  const sealing = placedRules(policy).flatMap(({ rule }) => {
    const { action } = rule;
    return action.kind === "encrypt" ? [{ rule, kid: action.key.kid, format: action.format.name }] : [];
  });
  const native = new Set(sealing.filter(({ format }) => format === "native").map(({ kid }) => kid));
  const readsDirect = new Set([...policy.keys.values()].filter((key) => key.direct.length > 0).map((key) => key.kid));
  return sealing.flatMap(({ rule, kid, format }): Warning[] => {
    const found: Warning[] = [];
    if (isAuthenticationName(rule.name) || lastNames(selectOf(rule)).some(isAuthenticationName)) {
      found.push({
        kind: "authentication-data",
        message: `the rule "${rule.name}" keeps card verification codes, PINs or track data, encrypted`,
        place: locate(rule.pointer),
        hint: "they must not be kept after authorization; use the action remove",
      });
    }
    if ((format === "direct" || readsDirect.has(kid)) && native.has(kid)) {
      found.push({
        kind: "formats-share-key",
        message: `the rule "${rule.name}": values in the direct format and envelopes share the key "${kid}"`,
        place: locate(rule.pointer),
        hint: "give the direct format a key of its own",
      });
    }
    return found;
  });
}

function unmatchedWarning(policy: Policy, locate: Locate): Warning[] {
  if (policy.onUnmatched === "reject") return [];
  const message = "requests that no route covers are forwarded as they are";
  return [{ kind: "unmatched-forwarded", message, place: locate("/onUnmatched"), hint: 'set "onUnmatched": "reject"' }];
}

/** The names in a selector's last step, or the text itself where it is a header or cookie name. */
export function lastNames(select: string): string[] {
  if (!select.startsWith("$")) return [select];
  const bracket = /\[([^\]]*)\]$/.exec(select)?.[1];
  if (bracket !== undefined && /['"]/.test(bracket))
    return [...bracket.matchAll(/['"]([^'"]*)['"]/g)].map((m) => m[1]!);
  return [/\.([^.[\]*]+)(?:\[[^\]]*\])*$/.exec(select)?.[1] ?? ""];
}
