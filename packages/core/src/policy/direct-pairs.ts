// Prefixes and suffixes of the direct format (docs/wire-format.md, direct): told apart in any text, each for its fields.
// Pure.
import { type Place, readArray, readObject, readString, type StringSyntax, wrong } from "../config/index.ts";
import { fieldNameSyntax } from "./names.ts";
import type { DirectPair, FieldRule, RingKey } from "./types.ts";

const printable = "[!#$'()*\\-./0-9:;?@A-Z[\\]^_`a-z{|}~]";
const outsideBase64 = "[!#$'()*\\-.:;?@[\\]^_`{|}~]";
const says = `3 to 32 printable ASCII characters without " \\ < > & % + = , and space`;
const prefixSyntax: StringSyntax = {
  pattern: new RegExp(`^${printable}{2,31}${outsideBase64}$`),
  says: `${says}, the last of them no letter, digit or /`,
};
const suffixSyntax: StringSyntax = {
  pattern: new RegExp(`^${outsideBase64}${printable}{2,31}$`),
  says: `${says}, the first of them no letter, digit or /`,
};

export function readPrefix(place: Place): string {
  return readString(place, prefixSyntax);
}

export function readSuffix(place: Place): string {
  return readString(place, suffixSyntax);
}

/** Reads the read-only pairs of a key. */
export function readPairs(place: Place | undefined): DirectPair[] {
  if (place === undefined) return [];
  return readArray(place).map((element) => {
    const pair = readObject(element, ["prefix", "suffix", "fields"]);
    return {
      prefix: readPrefix(pair.required("prefix")),
      suffix: readSuffix(pair.required("suffix")),
      fields: readArray(pair.required("fields")).map((name) => readString(name, fieldNameSyntax)),
    };
  });
}

/**
 * All pairs of a policy, once it is sure that each belongs to one key and one field (or the fields that its key lists),
 * and that none can be taken for another.
 *
 * @param policy the whole document's place
 * @throws {FieldsealError} `POLICY_INVALID`.
 */
export function readDirectPairs(
  policy: Place,
  keys: Iterable<RingKey>,
  rules: readonly Pick<FieldRule, "name" | "action">[],
): Pick<DirectPair, "prefix" | "suffix">[] {
  const owners = new Map<string, string>();
  const claim = (prefix: string, suffix: string, owner: string): void => {
    const pair = `${prefix} ${suffix}`;
    if ((owners.get(pair) ?? owner) !== owner) {
      throw wrong(policy, `the direct pair "${prefix}", "${suffix}" stands for more than one key or field`);
    }
    owners.set(pair, owner);
  };
  for (const key of keys)
    for (const { prefix, suffix, fields } of key.direct) claim(prefix, suffix, `${key.kid} ${fields}`);
  for (const { name, action } of rules) {
    if (action.kind !== "encrypt" || action.format.name !== "direct") continue;
    claim(action.format.prefix, action.format.suffix, `${action.key.kid} ${name}`);
  }
  const pairs = Array.from(owners.keys(), (pair) => pair.split(" ") as [string, string]);
  const marks = pairs.flat();
  for (const [index, mark] of marks.entries()) {
    if (marks.some((other, at) => at !== index && other.includes(mark))) {
      throw wrong(policy, `the direct prefix or suffix "${mark}" is part of another`);
    }
  }
  return pairs.map(([prefix, suffix]) => ({ prefix, suffix }));
}
