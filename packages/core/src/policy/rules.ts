// The rules of a route: what is selected and what is done with it. Pure.
import {
  type Place,
  type Properties,
  readArray,
  readAt,
  readBoolean,
  readChoice,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "../config/index.ts";
import { readPrefix, readSuffix } from "./direct-pairs.ts";
import { fieldNameSyntax, tokenSyntax } from "./names.ts";
import { type FilterEngine, parseSelector } from "./selector.ts";
import { unsupported } from "./support.ts";
import type { Action, ContextSource, EncryptFormat, FieldRule, NamedRule, RingKey } from "./types.ts";

const common = ["name", "action", "required"];
const ofAction = {
  encrypt: ["key", "format", "pad", "prefix", "suffix", "onTooLong", "dataKey", "context"],
  remove: [],
  mask: ["keepLast"],
  round: ["decimals"],
  tokenize: ["tokenFormat"],
} as const;
const actions = ["encrypt", "remove", "mask", "round", "tokenize"] as const;
const defaultPad = 32;
const maxPad = 4096;
const maxRules = 1000;

/** What rules can refer to. */
export interface RuleScope {
  readonly keys: ReadonlyMap<string, RingKey>;
  /** Of the route. */
  readonly context: readonly ContextSource[];
}

/** Reads `fields`, or another list of rules with selectors. */
export function readFieldRules(place: Place | undefined, scope: RuleScope, filters?: FilterEngine): FieldRule[] {
  if (place === undefined) return [];
  return readArray(place, maxRules).map((element) => {
    const rule = readRule(element, ["select", "within"]);
    const select = rule.required("select");
    const query = readAt(select, () => parseSelector(readString(select), filters));
    const within = rule.optional("within");
    if (within !== undefined) {
      readOneOf(within, ["json"]);
      if (query.filter !== undefined) throw unsupported(within, "filters within strings");
    }
    return { ...readCommon(rule, scope), query, within: within !== undefined };
  });
}

/** Reads `headers` or `cookies`. */
export function readNamedRules(place: Place | undefined, scope: RuleScope, property: "header" | "cookie"): NamedRule[] {
  if (place === undefined) return [];
  const taken = new Set<string>();
  return readArray(place, maxRules).map((element) => {
    const rule = readRule(element, [property]);
    if (property === "cookie") refuseSemicolons(rule);
    const at = rule.required(property);
    const spelled = readString(at, tokenSyntax);
    const of = property === "header" ? spelled.toLowerCase() : spelled;
    if (taken.has(of)) throw wrong(at, `another rule is for this ${property}`);
    taken.add(of);
    return { ...readCommon(rule, scope), of };
  });
}

/** A semicolon ends a cookie; all else that a mark may be made of stands in one as it is (RFC 6265 section 4.1.1). */
function refuseSemicolons(rule: Properties): void {
  for (const property of ["prefix", "suffix"]) {
    const mark = rule.optional(property);
    if (mark !== undefined && readString(mark).includes(";")) throw wrong(mark, "a cookie cannot hold a semicolon");
  }
}

function readRule(place: Place, own: readonly string[]): Properties {
  const all = readObject(place, [...common, ...own, ...Object.values(ofAction).flat()]);
  const action = readOneOf(all.required("action"), actions);
  return readObject(place, [...common, ...own, ...ofAction[action]]);
}

function readCommon(
  rule: Properties,
  scope: RuleScope,
): { name: string; action: Action; required: boolean; pointer: string } {
  const required = rule.optional("required");
  return {
    name: readString(rule.required("name"), fieldNameSyntax),
    action: readAction(rule, scope),
    required: required !== undefined && readBoolean(required),
    pointer: rule.place.pointer,
  };
}

function readAction(rule: Properties, scope: RuleScope): Action {
  const kind = readOneOf(rule.required("action"), actions);
  switch (kind) {
    case "encrypt":
      return readEncrypt(rule, scope);
    case "remove":
      return { kind };
    case "mask":
      return { kind, keepLast: readInteger(rule.required("keepLast"), 0, 64) };
    case "round":
      return { kind, decimals: readInteger(rule.required("decimals"), 0, 15) };
    case "tokenize":
      return { kind, tokenFormat: readString(rule.required("tokenFormat"), fieldNameSyntax) };
  }
}

function readEncrypt(rule: Properties, { keys, context }: RuleScope): Action {
  const keyPlace = rule.required("key");
  const key = keys.get(readString(keyPlace));
  if (key === undefined) throw wrong(keyPlace, `expects a key id of the ring: ${[...keys.keys()].join(", ")}`);
  if (key.status === "decrypt-only") throw wrong(keyPlace, "this key is decrypt-only");
  const format = readFormat(rule, key);
  const pad = rule.optional("pad");
  if (pad !== undefined && format.name === "jwe") throw wrong(pad, "belongs to the native format");
  return {
    kind: "encrypt",
    key,
    format,
    pad: pad === undefined ? defaultPad : readInteger(pad, 1, maxPad),
    dataKey: readChoice(rule, "dataKey", ["request", "field"]),
    context: readBoundKeys(rule.optional("context"), format, context),
  };
}

function readBoundKeys(
  place: Place | undefined,
  format: EncryptFormat,
  context: readonly ContextSource[],
): readonly string[] | null {
  if (place === undefined) return null;
  if (format.name === "direct") throw wrong(place, "the direct format binds no context");
  const known = context.map(({ key }) => key);
  const keys = readArray(place).map((entry) => readOneOf(entry, known));
  if (new Set(keys).size < keys.length) throw wrong(place, "names a key twice");
  return keys.sort();
}

/** @throws {FieldsealError} `POLICY_INVALID` where rules of one name bind other keys: readers know a value by its name. */
export function requireAgreement(rules: readonly Pick<FieldRule, "name" | "action" | "pointer">[]): void {
  const bound = new Map<string, string>();
  for (const { name, action, pointer } of rules) {
    if (action.kind !== "encrypt" || action.format.name === "direct") continue;
    const keys = JSON.stringify(action.context);
    if ((bound.get(name) ?? keys) !== keys) {
      throw wrong(
        { value: null, pointer, code: "POLICY_INVALID" },
        `another rule named "${name}" binds other keys of context`,
      );
    }
    bound.set(name, keys);
  }
}

function readFormat(rule: Properties, key: RingKey): EncryptFormat {
  const place = rule.optional("format");
  const name = readChoice(rule, "format", ["native", "direct", "jwe"]);
  if (place !== undefined && name !== "native" && key.alg !== "RSA-OAEP-256") throw wrong(place, "needs an RSA key");
  if (name === "direct") {
    return {
      name,
      prefix: readPrefix(rule.required("prefix")),
      suffix: readSuffix(rule.required("suffix")),
      onTooLong: readChoice(rule, "onTooLong", ["refuse", "native"]),
    };
  }
  for (const property of ["prefix", "suffix", "onTooLong"]) {
    const given = rule.optional(property);
    if (given !== undefined) throw wrong(given, "belongs to the direct format");
  }
  return { name };
}
