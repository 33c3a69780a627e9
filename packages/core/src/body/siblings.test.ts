// Positions among siblings, in XML and in forms, against an evaluator over the tree itself.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selected, utf8 } from "../../../../test/codecs/scan-selected.ts";
import { soak } from "../../../../test/generators/soak.ts";

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

interface Step {
  readonly name: string;
  readonly descendant: boolean;
  readonly index: number | null;
}

// More names than are compared one by one.
const names = fc.constantFrom(..."abaabcdefghijkl");
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.record({ name: names, children: fc.constant([]) }),
    fc.record({ name: names, children: fc.array(tie("tree"), { maxLength: 14 }) }),
  ),
}));
const steps = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "*"),
    descendant: fc.boolean(),
    index: fc.option(fc.integer({ min: -3, max: 3 })),
  }),
  { minLength: 1, maxLength: 4 },
);

const selectorOf = (list: readonly Step[]): string =>
  `$${list.map(({ name, descendant, index }) => `${descendant ? ".." : "."}${name}${index === null ? "" : `[${index}]`}`).join("")}`;

/** The trees below `document` that the steps lead to. */
function evaluate(document: Tree, list: readonly Step[]): Set<Tree> {
  let found = new Set([document]);
  for (const { name, descendant, index } of list) {
    const parents = descendant ? new Set([...found].flatMap(withDescendants)) : found;
    found = new Set([...parents].flatMap(({ children }) => chosen(children, name, index)));
  }
  return found;
}

function chosen(children: readonly Tree[], name: string, index: number | null): Tree[] {
  const named = children.filter((child) => name === "*" || child.name === name);
  if (index === null) return named;
  return Array.from(Map.groupBy(named, (child) => child.name).values()).flatMap((group) => group.at(index) ?? []);
}

const withDescendants = (root: Tree): Tree[] => [root, ...root.children.flatMap(withDescendants)];

describe("an index behind a name", () => {
  it("chooses among the siblings of that name in XML, from the beginning and from the end, at any depth", () => {
    let values = 0;
    fc.assert(
      fc.property(tree, steps, (root, list) => {
        fc.pre(list.every(({ name, index }) => name !== "*" || index === null));
        const document = { name: "", children: [root] };
        const numbered = new Map(withDescendants(document).map((node, number) => [node, number]));
        const write = (node: Tree): string =>
          `<${node.name}>${numbered.get(node)}${node.children.map(write).join("")}</${node.name}>`;
        const hits = evaluate(document, list);
        const expected = [...numbered.keys()].filter((node) => hits.has(node)).map((node) => numbered.get(node));
        const body = { mediaType: "application/xml", bytes: utf8(write(root)) };
        const contents = selected(body, selectorOf(list));
        expect(contents.map((content) => Number.parseInt(content, 10))).toEqual(expected);
        values += contents.length;
      }),
      { numRuns: soak(500) },
    );
    expect(values).toBeGreaterThan(30);
  });

  it("chooses among the values of that name in a form, escaped or not", () => {
    const spelled = fc.constantFrom(
      ["a", "a"],
      ["%61", "a"],
      ["a[]", "a"],
      ["b", "b"],
      ["", ""],
      ["[]", "[]"],
      ["%61b", "ab"],
    );
    const selector = fc.tuple(fc.constantFrom("a", "b", "ab", "[]", "*"), fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(fc.array(spelled, { maxLength: 12 }), selector, (pairs, [name, index]) => {
        // Nothing that begins with a bracket looks like a form.
        const all = [["x", "x"], ...pairs] as const;
        const list = all.map(([, of], number) => ({ name: of as string, children: [], number }));
        const hits = new Set<unknown>(chosen(list, name, index));
        const text = all.map(([raw], number) => `${raw}=${number}`).join("&");
        const body = { mediaType: "application/x-www-form-urlencoded", bytes: utf8(text) };
        const expected = list.filter((one) => hits.has(one)).map(({ number }) => `${number}`);
        expect(selected(body, name === "*" ? `$.*[${index}]` : `$["${name}"][${index}]`)).toEqual(expected);
      }),
      { numRuns: soak(500) },
    );
  });
});
