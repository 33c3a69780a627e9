// JSON texts as hostile or careless clients spell them, with the place of every value: the oracle of scanner, matcher
// and splice tests. Knows nothing of the code under test.
import { Buffer } from "node:buffer";
import fc from "fast-check";

/** One value of a document. */
export interface JsonNode {
  /** The scalar's own spelling; for containers empty. */
  readonly raw: string;
  readonly kind: "object" | "array" | "string" | "scalar" | "null";
  readonly children: readonly JsonChild[];
  /** White space in a container without children. */
  readonly inside: string;
}

export interface JsonChild {
  /** Decoded member name and its spelling with quotes; null in arrays. */
  readonly name: { readonly decoded: string; readonly raw: string } | null;
  readonly node: JsonNode;
  /** White space: before the child, behind the name, behind the colon, behind the child. */
  readonly space: readonly [string, string, string, string];
}

/** A value and where it stands, in bytes of UTF-8. */
export interface JsonPlace {
  readonly node: JsonNode;
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
  /** Start of the member name, or of the value. */
  readonly outerStart: number;
  /** Start of the container; -1 for the root. */
  readonly parent: number;
}

export interface JsonDocument {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Every value, in the order of the text: containers before what they hold. */
  readonly places: readonly JsonPlace[];
  readonly hasDuplicates: boolean;
}

/** Names that have broken something somewhere. */
export const nastyNames: readonly string[] = [
  ..."abc~^\0",
  "",
  "ssn",
  "0",
  "length",
  "__proto__",
  "constructor",
  "toString",
  "a b",
  "a.b",
  "a'b",
  'a"b',
  "a\\b",
  "[0]",
  "*",
  "ë",
  "😀",
  "\ud800",
  "\ufeff",
];

const numbers = [
  ..."0 -0 1 1.0 1.10 -1.50e3 1E+2 1e-7 100.00 9007199254740993 12345678901234567890 1e400 -0.0".split(" "),
  "0.1000000000000000055511151231257827",
];

/** True for text without a lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export interface JsonShape {
  readonly names?: readonly string[];
  readonly withDuplicates?: boolean;
  readonly withLoneSurrogates?: boolean;
  readonly maxDepth?: number;
  readonly scalar?: fc.Arbitrary<JsonNode>;
}

/** Documents with odd spellings, white space, escapes and (unless switched off) duplicate names. */
export function jsonDocuments(shape: JsonShape = {}): fc.Arbitrary<JsonDocument> {
  const { names = nastyNames, withDuplicates = true, withLoneSurrogates = true, maxDepth = 5 } = shape;
  const usable = withLoneSurrogates ? names : names.filter(isWellFormed);
  const scalar = shape.scalar ?? jsonScalars(withLoneSurrogates);
  const name = spelled(fc.constantFrom(...usable));
  const { tree } = fc.letrec<{ tree: JsonNode }>((tie) => {
    const child = (named: boolean): fc.Arbitrary<JsonChild> =>
      fc.record({ name: named ? name : fc.constant(null), node: tie("tree"), space: fc.tuple(gap, gap, gap, gap) });
    const members = withDuplicates
      ? fc.array(child(true), { maxLength: 5 })
      : fc.uniqueArray(child(true), { maxLength: 5, selector: (member) => member.name?.decoded });
    return {
      tree: fc.oneof(
        { maxDepth, depthSize: "small" },
        { arbitrary: scalar, weight: 3 },
        { arbitrary: container("object", members), weight: 3 },
        { arbitrary: container("array", fc.array(child(false), { maxLength: 5 })), weight: 2 },
      ),
    };
  });
  return fc.tuple(gap, tree, gap).map(([before, root, after]) => render(before, root, after));
}

/** Strings, numbers, true, false and null in many spellings. */
export function jsonScalars(withLoneSurrogates = true): fc.Arbitrary<JsonNode> {
  const units = [...'abc19 "\\/\b\f\n\r\t\0\u007f', "ë", "😀", "\u2028", "\ufeff", "\uffff", "&", "%"];
  const unit = fc.constantFrom(...units, ...(withLoneSurrogates ? ["\ud800", "\udfff"] : []));
  return fc.oneof(
    spelled(fc.array(unit, { maxLength: 60 }).map((list) => list.join(""))).map(({ raw }) => leaf("string", raw)),
    fc.constantFrom(...numbers).map((raw) => leaf("scalar", raw)),
    fc.integer().map((number) => leaf("scalar", String(number))),
    fc.constantFrom("true", "false").map((raw) => leaf("scalar", raw)),
    fc.constant(leaf("null", "null")),
  );
}

/** A document from its tree. */
export function render(before: string, root: JsonNode, after: string): JsonDocument {
  const chunks: string[] = [];
  const places: { -readonly [K in keyof JsonPlace]: JsonPlace[K] }[] = [];
  let at = 0;
  let hasDuplicates = false;
  const put = (chunk: string): void => {
    chunks.push(chunk);
    at += Buffer.byteLength(chunk);
  };
  const write = (node: JsonNode, path: readonly (string | number)[], outerStart: number, parent: number): void => {
    const place = { node, path, start: at, end: 0, outerStart, parent };
    places.push(place);
    if (node.kind !== "object" && node.kind !== "array") put(node.raw);
    else {
      put(node.kind === "object" ? "{" : "[");
      if (node.children.length === 0) put(node.inside);
      const seen = new Set<string>();
      for (const [index, { name, node: value, space }] of node.children.entries()) {
        if (index > 0) put(",");
        put(space[0]);
        const outer = at;
        if (name !== null) {
          hasDuplicates ||= seen.has(name.decoded);
          seen.add(name.decoded);
          put(`${name.raw}${space[1]}:${space[2]}`);
        }
        write(value, [...path, name?.decoded ?? index], outer, place.start);
        put(space[3]);
      }
      put(node.kind === "object" ? "}" : "]");
    }
    place.end = at;
  };
  put(before);
  write(root, [], at, -1);
  put(after);
  const text = chunks.join("");
  return { text, bytes: new Uint8Array(Buffer.from(text)), places, hasDuplicates };
}

/** Texts and a JSON spelling of each, quotes included. */
export function spelled(texts: fc.Arbitrary<string>): fc.Arbitrary<{ decoded: string; raw: string }> {
  return texts.chain((decoded) =>
    fc
      .array(fc.nat(9), { minLength: decoded.length, maxLength: decoded.length })
      .map((styles) => ({ decoded, raw: `"${[...decoded].map((char, i) => spell(char, styles[i]!)).join("")}"` })),
  );
}

const gap = fc.constantFrom("", "", "", " ", "\n", "\r\n", "\t", "  \n ");

function leaf(kind: JsonNode["kind"], raw: string): JsonNode {
  return { kind, raw, children: [], inside: "" };
}

function container(kind: "object" | "array", children: fc.Arbitrary<readonly JsonChild[]>): fc.Arbitrary<JsonNode> {
  return fc.tuple(children, gap).map(([list, inside]) => ({ kind, raw: "", children: list, inside }));
}

function spell(char: string, style: number): string {
  const escaped = (upper: boolean): string =>
    [...Array(char.length).keys()]
      .map((i) => char.charCodeAt(i).toString(16).padStart(4, "0"))
      .map((digits) => `\\u${upper ? digits.toUpperCase() : digits}`)
      .join("");
  const short = '"\\/\b\f\n\r\t'.indexOf(char);
  if (style === 8) return escaped(false);
  if (style === 9) return escaped(true);
  if (style === 7 && short >= 0) return `\\${'"\\/bfnrt'[short]}`;
  const rawAllowed = char >= " " && char !== '"' && char !== "\\" && isWellFormed(char);
  if (rawAllowed) return char;
  return short >= 0 ? `\\${'"\\/bfnrt'[short]}` : escaped(false);
}
