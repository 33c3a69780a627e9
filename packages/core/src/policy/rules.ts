// The rules of a route: what is selected and what is done with it. Pure.
import {
  type Place,
  type Properties,
  readArray,
  readAt,
  readBoolean,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "../config/index.ts";
import { fieldNameSyntax } from "./names.ts";
import { parseSelector } from "./selector.ts";
import { unsupported } from "./support.ts";
import type { Action, FieldRule, NamedRule, RingKey } from "./types.ts";

const common = ["name", "action", "required"];
const ofAction = {
  encrypt: ["key", "format", "pad", "prefix", "suffix", "dataKey"],
  remove: [],
  mask: ["keepLast"],
  round: ["decimals"],
  tokenize: ["tokenFormat"],
} as const;
const actions = ["encrypt", "remove", "mask", "round", "tokenize"] as const;
const defaultPad = 32;
const maxRules = 1000;

/** Reads `fields`, or another list of rules with selectors. */
export function readFieldRules(place: Place | undefined, keys: ReadonlyMap<string, RingKey>): FieldRule[] {
  if (place === undefined) return [];
  return readArray(place, maxRules).map((element) => {
    const rule = readRule(element, ["select", "within"]);
    const select = rule.required("select");
    const query = readAt(select, () => parseSelector(readString(select)));
    const within = rule.optional("within");
    if (within !== undefined) {
      readOneOf(within, ["json"]);
      throw unsupported(within, "values within strings");
    }
    return { ...readCommon(rule, keys), query };
  });
}

/** Reads `headers` or `cookies`. */
export function readNamedRules(
  place: Place | undefined,
  keys: ReadonlyMap<string, RingKey>,
  property: "header" | "cookie",
): NamedRule[] {
  if (place === undefined) return [];
  const syntax = { pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/, says: "a token (RFC 9110 section 5.6.2)" };
  const taken = new Set<string>();
  return readArray(place, maxRules).map((element) => {
    const rule = readRule(element, [property]);
    const at = rule.required(property);
    const spelled = readString(at, syntax);
    const of = property === "header" ? spelled.toLowerCase() : spelled;
    if (taken.has(of)) throw wrong(at, `another rule is for this ${property}`);
    taken.add(of);
    return { ...readCommon(rule, keys), of };
  });
}

function readRule(place: Place, own: readonly string[]): Properties {
  const all = readObject(place, [...common, ...own, ...Object.values(ofAction).flat()]);
  const action = readOneOf(all.required("action"), actions);
  return readObject(place, [...common, ...own, ...ofAction[action]]);
}

function readCommon(
  rule: Properties,
  keys: ReadonlyMap<string, RingKey>,
): { name: string; action: Action; required: boolean; pointer: string } {
  const required = rule.optional("required");
  return {
    name: readString(rule.required("name"), fieldNameSyntax),
    action: readAction(rule, keys),
    required: required !== undefined && readBoolean(required),
    pointer: rule.place.pointer,
  };
}

function readAction(rule: Properties, keys: ReadonlyMap<string, RingKey>): Action {
  const place = rule.required("action");
  const kind = readOneOf(place, actions);
  switch (kind) {
    case "encrypt":
      return readEncrypt(rule, keys);
    case "remove":
      return { kind: "remove" };
    case "mask":
      readInteger(rule.required("keepLast"), 0, 64);
      break;
    case "round":
      readInteger(rule.required("decimals"), 0, 15);
      break;
    case "tokenize":
      readString(rule.required("tokenFormat"));
      break;
  }
  throw unsupported(place, `rules that ${kind}`);
}

function readEncrypt(rule: Properties, keys: ReadonlyMap<string, RingKey>): Action {
  const keyPlace = rule.required("key");
  const key = keys.get(readString(keyPlace));
  if (key === undefined) throw wrong(keyPlace, `expects a key id of the ring: ${[...keys.keys()].join(", ")}`);
  if (key.status === "decrypt-only") throw wrong(keyPlace, "this key is decrypt-only");
  const format = rule.optional("format");
  if (format !== undefined && readOneOf(format, ["native", "direct", "jwe"]) !== "native") {
    throw unsupported(format, "formats other than native");
  }
  for (const name of ["prefix", "suffix"]) {
    const place = rule.optional(name);
    if (place !== undefined) throw wrong(place, "belongs to the direct format");
  }
  const dataKey = rule.optional("dataKey");
  if (dataKey !== undefined && readOneOf(dataKey, ["request", "field"]) !== "request") {
    throw unsupported(dataKey, "data keys for single fields");
  }
  const pad = rule.optional("pad");
  return { kind: "encrypt", key, format: "native", pad: pad === undefined ? defaultPad : readInteger(pad, 1, 4096) };
}
