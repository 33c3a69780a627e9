import { Buffer } from "node:buffer";
import fc from "fast-check";
import { query as reference } from "json-p3";
import { describe, expect, it } from "vitest";
import { isWellFormed, type JsonDocument, jsonDocuments, nastyNames } from "../../../../test/generators/json-text.ts";
import { soak } from "../../../../test/generators/soak.ts";
import { createScan, defaultLimits, type Match, type MatchState, ValueKind } from "../body/index.ts";
import { scanJsonText } from "../body/json-text.ts";
import { createMatcher, type MatcherOptions } from "./matcher.ts";
import { parseSelector } from "./selector.ts";

const limits = { ...defaultLimits, maxFields: 1_000_000 };
const strict: Omit<MatcherOptions, "rules"> = { onNameVariant: "ignore", checkShapes: false };

function matcherOf(selectors: readonly string[], options: Partial<MatcherOptions> = {}): MatchState {
  const rules = selectors.map((text) => ({ query: parseSelector(text), traced: false }));
  return createMatcher({ ...strict, rules, ...options });
}

function matchesOf(root: MatchState, bytes: Uint8Array): Match[] {
  const into = createScan();
  scanJsonText(bytes, 0, bytes.length, { root, limits, into });
  return into.matches;
}

/** The spans that each rule selects. */
function spans(root: MatchState, bytes: Uint8Array, rule = 0): string[] {
  return matchesOf(root, bytes)
    .filter(({ state }) => state.selects.includes(rule))
    .map(({ start, end }) => `${start}-${end}`);
}

/** The texts that the selectors select, as the body spells them. */
function selected(selectors: readonly string[], text: string, options: Partial<MatcherOptions> = {}): string[] {
  const bytes = Buffer.from(text);
  return matchesOf(matcherOf(selectors, options), bytes)
    .filter(({ state }) => state.selects.length > 0)
    .map(({ start, end }) => bytes.subarray(start, end).toString());
}

// json-p3 refuses selectors that name a control character.
const names = nastyNames.filter((name) => isWellFormed(name) && name !== "\0");
const name = fc.constantFrom(...names);
const bounds = fc.oneof(fc.constant(""), fc.integer({ min: -6, max: 6 }).map(String));
const quoted = name.map((text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`);
const inBrackets = fc.oneof(
  { arbitrary: quoted, weight: 4 },
  fc.constant("*"),
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.tuple(bounds, bounds, bounds).map((parts) => parts.join(":")),
);
const brackets = fc.array(inBrackets, { minLength: 1, maxLength: 3 }).map((list) => `[${list.join(",")}]`);
const segment = fc.oneof(
  fc.constantFrom(".a", ".b", ".c", ".ssn", ".ë", ".*", "..a", "..*", "..ssn"),
  brackets,
  brackets.map((text) => `..${text}`),
);
const selectors = fc.array(segment, { maxLength: 4 }).map((segments) => `$${segments.join("")}`);

/** The spans of what json-p3 selects in the parsed document. */
function referenceSpans(selector: string, { text, places }: JsonDocument): string[] {
  const located = new Map(places.map(({ path, start, end }) => [JSON.stringify(path), `${start}-${end}`]));
  const nodes = reference(selector, JSON.parse(text) as never).nodes;
  return [...new Set(nodes.map(({ location }) => located.get(JSON.stringify(location)) ?? "no such place"))].sort();
}

const unique = jsonDocuments({ names, withDuplicates: false, maxDepth: 4 });

describe("the matcher", () => {
  it("selects the spans of the values that json-p3 selects", () => {
    let hits = 0;
    fc.assert(
      fc.property(unique, selectors, (document, selector) => {
        const found = spans(matcherOf([selector]), document.bytes).sort();
        expect(found).toEqual(referenceSpans(selector, document));
        if (found.length > 0) hits++;
      }),
      { numRuns: soak(3000) },
    );
    expect(hits).toBeGreaterThan(500);
  });

  it("gives the same when it is used again, for other documents and in any order", () => {
    fc.assert(
      fc.property(fc.array(unique, { minLength: 2, maxLength: 4 }), selectors, (documents, selector) => {
        const shared = matcherOf([selector]);
        for (const { bytes } of documents) expect(spans(shared, bytes)).toEqual(spans(matcherOf([selector]), bytes));
      }),
      { numRuns: soak(300) },
    );
  });

  it("selects with many rules what each selects alone", () => {
    fc.assert(
      fc.property(unique, fc.array(selectors, { minLength: 2, maxLength: 6 }), (document, list) => {
        const together = matcherOf(list);
        const alone = list.map((selector) => spans(matcherOf([selector]), document.bytes));
        expect(list.map((_, rule) => spans(together, document.bytes, rule))).toEqual(alone);
      }),
      { numRuns: soak(500) },
    );
  });

  it("selects every occurrence of a duplicate member, however it is spelled", () => {
    expect(selected(["$.a"], '{"a":1,"\\u0061":2,"b":3,"a":{"a":4}}')).toEqual(["1", "2", '{"a":4}']);
    expect(selected(["$..a"], '[{"a":1,"a":2},{"a":[{"a":3,"a":4}]}]')).toEqual([
      "1",
      "2",
      '[{"a":3,"a":4}]',
      "3",
      "4",
    ]);
    expect(selected(["$.a.b"], '{"a":{"b":1},"a":{"b":2,"b":3}}')).toEqual(["1", "2", "3"]);
  });

  it("selects all values that some reading of duplicates would: each document made unique selects a part of it", () => {
    fc.assert(
      fc.property(jsonDocuments({ names: ["a", "b", "ssn"], maxDepth: 4 }), selectors, (document, selector) => {
        // JSON.parse keeps the last of duplicates: what is selected then must be selected here.
        fc.pre(document.hasDuplicates);
        const last = new Map(document.places.map(({ path, start, end }) => [JSON.stringify(path), `${start}-${end}`]));
        const nodes = reference(selector, JSON.parse(document.text) as never).nodes;
        const found = new Set(spans(matcherOf([selector]), document.bytes));
        const shadowed = nodes.filter(({ location }) => {
          const place = last.get(JSON.stringify(location));
          return place !== undefined && !found.has(place);
        });
        expect(shadowed.map(({ location }) => location)).toEqual([]);
      }),
      { numRuns: soak(500) },
    );
  });

  it("selects a container without what is in it", () => {
    expect(selected(["$.a"], '{"a":{"a":4,"b":[1]},"c":1}')).toEqual(['{"a":4,"b":[1]}']);
    expect(selected(["$[0]"], "[[1,[2]],3]")).toEqual(["[1,[2]]"]);
    expect(selected(["$"], '{"a":[1]}')).toEqual(['{"a":[1]}']);
  });

  it.each([
    ["$['~']", '{"~":1,"^":2}', ["1"]],
    ["$..a", '{"~":{"a":1},"^":{"a":2},"@number()":{"a":3},"a":4}', ["1", "2", "3", "4"]],
    ["$['a,b']", '{"a":1,"b":2,"a,b":3}', ["3"]],
    ["$['*']", '{"a":1,"*":2}', ["2"]],
    ["$['..']", '{"..":1,"a":2}', ["1"]],
    ["$['1:2']", '{"1:2":1}', ["1"]],
    ["$['__proto__'].a", '{"__proto__":{"a":1},"constructor":{"a":2}}', ["1"]],
    ["$['0']", '{"0":1}', ["1"]],
    ["$['0']", "[1]", []],
    ["$[0]", '{"0":1}', []],
    ["$['']", '{"":1,"a":2}', ["1"]],
    ["$['\\u0000']", '{"\\u0000":1,"":2}', ["1"]],
    ["$.a.length", '{"a":"xy","b":[1]}', []],
    ["$.a[0]", '{"a":"xy"}', []],
    ["$", "0", ["0"]],
    ["$", '""', ['""']],
    ["$", "null", ["null"]],
    ["$[-1]", "[1,[2,3],4]", ["4"]],
    ["$[-4]", "[1,2,3]", []],
    ["$..[-1]", "[1,[2,3],[]]", ["3", "[]"]],
  ])("%s in %s", (selector, text, expected) => {
    expect(selected([selector], text)).toEqual(expected);
  });

  it("keeps a bounded number of states, however many a hostile body reaches", () => {
    // Subsets of 13 positions: a step is made or not made at each level.
    const list = [`$..a${"[*]".repeat(13)}`, `$..b${"[*]".repeat(13)}`, "$..a..b..a..b"];
    const root = matcherOf(list);
    const bytesOf = { a: Buffer.from("a"), b: Buffer.from("b"), c: Buffer.from("c") };
    let seed = 1;
    const draw = (): "a" | "b" | "c" => {
      seed = (seed * 48271) % 2147483647;
      return (["a", "b", "c"] as const)[seed % 3]!;
    };
    const paths = Array.from({ length: 1500 }, () => Array.from({ length: 20 }, draw));
    const walk = (): MatchState[] =>
      paths.flatMap((path) => {
        let state = root;
        return path.map((step) => {
          state = state.member(bytesOf[step], 0, 1).element(0, 0);
          return state;
        });
      });
    const first = walk();
    const second = walk();
    const reused = new Set(first.filter((state, index) => state === second[index]));
    expect(new Set(first).size).toBeGreaterThan(6000);
    expect(reused.size).toBeLessThanOrEqual(4096);
    // Kept or not, a state means the same.
    expect(first.map(({ selects }) => selects)).toEqual(second.map(({ selects }) => selects));
  });

  it("selects the same beyond that bound as below it", () => {
    const selector = `$..a${"[*]".repeat(12)}`;
    const worn = matcherOf([selector]);
    const nested = (seed: number): string => {
      const open = Array.from({ length: 40 }, (_, level) => ((seed >> (level % 20)) & 1 ? '{"a":[' : '{"c":['));
      return `${open.join("")}1${"]}".repeat(40)}`;
    };
    for (let seed = 1; seed < 2000; seed++) matchesOf(worn, Buffer.from(nested(seed * 524287)));
    for (let seed = 1; seed < 50; seed++) {
      const bytes = Buffer.from(nested(seed * 7919));
      expect(spans(worn, bytes)).toEqual(spans(matcherOf([selector]), bytes));
    }
  });
});

describe("names that differ only loosely", () => {
  const variants = (selector: string, text: string, others: readonly string[] = []): string[] => {
    const bytes = Buffer.from(text);
    return matchesOf(matcherOf([selector, ...others], { onNameVariant: "refuse" }), bytes)
      .filter(({ state }) => state.variants.includes(0) && !state.selects.includes(0))
      .map(({ start, end }) => bytes.subarray(start, end).toString());
  };

  it.each([
    "SSN",
    "Ssn",
    " ssn ",
    "s.s_n",
    "s-s n",
    "ſſn",
    "ｓｓｎ",
    "S\\u0053N",
    "\\tssn",
    "\\ufeffssn",
    "\\u00a0ssn",
    "_ssn_",
    "ⓢⓢⓝ",
    "[ssn]",
    "ssn]",
    "@ssn",
    "s\u00adsn",
    "ss\u200bn",
    "\u200dssn\u2060",
    "ssn\\u0000",
    "ssn\\u0000x",
  ])("%s is a variant of ssn", (spelling) => {
    expect(variants("$.ssn", `{"${spelling}":1}`)).toEqual(["1"]);
    expect(variants("$..ssn", `[{"x":{"${spelling}":1}}]`)).toEqual(["1"]);
    expect(selected(["$.ssn"], `{"${spelling}":1}`, { onNameVariant: "select" })).toEqual(["1"]);
    expect(selected(["$.ssn"], `{"${spelling}":1}`, { onNameVariant: "refuse" })).toEqual([]);
  });

  it.each(["ssn", "ssns", "ss", "s", "", "xssn", "s/s/n", "\\u0000ssn", "$ssn", "(ssn)"])("%s is none", (spelling) => {
    expect(variants("$.ssn", `{"${spelling}":1}`)).toEqual([]);
  });

  it("counts a value once all its name steps fold to the selector's, whichever of them differs", () => {
    const text = '{"Payments":[{"card":{"number":1}}],"payments":[{"Card":{"number":2}},{"card":{"NUMBER":3}}]}';
    expect(variants("$.payments[*].card.number", text)).toEqual(["1", "2", "3"]);
  });

  it.each([
    ["$.card.id", '{"card":{"İd":1}}', "to equalsIgnoreCase of Java"],
    ["$.card.id", '{"card":{"ıd":1}}', "in Turkish"],
    ["$.r.card['@id']", '{"r":{"card":{"id":1}}}', "an element read as the attribute"],
    ["$.order.card.number", '{"order.card.number":1}', "a path in one name"],
    ["$.order.card.number", '{"order":{"card.number":1}}', "the end of a path"],
    ["$.order.card.number", '{"order.card":{"number":1}}', "its beginning"],
    ["$.order.card.number", '{"order[card][number]":1}', "a path in brackets"],
    ["$.items[*].id", '{"items[0].id":1}', "a path in brackets through an array"],
    ["$.order.card.number", '{"order.CARD":{"number":1}}', "its beginning, spelled otherwise"],
    ["$.order.card.number", '{"ORDER.card":{"number":1}}', "its beginning, in capitals"],
    ["$.été.ssn", '{"été.ssn":1}', "a path with marks"],
    ["$.*.ssn", '{"__proto__":{"x":{"ssn":1}}}', "what is inherited under any name"],
    ["$.order.card", '{"order.card.number":1}', "a member of a selected object"],
    ["$..card", '[{"card.number":1}]', "a member of one at any depth"],
    ["$..card.number", '[{"card.number":1}]', "a path at any depth"],
    ["$.items[*].id", '{"items.0.id":1}', "a path through an array"],
    ["$.order.card.number", '{"order":{"card":{"__proto__":{"number":1}}}}', "what a copied object inherits"],
    ["$.order.card.number", '{"__proto__":{"order":{"__proto__":{"card":{"number":1}}}}}', "inherited twice"],
    ["$.order.card.number", '{"order.__proto__.card":{"number":1}}', "inherited on a path"],
  ])("of %s are in %s: %s", (selector, text) => {
    expect(variants(selector, text)).toEqual(["1"]);
    expect(selected([selector], text, { onNameVariant: "select" })).toEqual(["1"]);
    expect(selected([selector], text, { onNameVariant: "ignore" })).toEqual([]);
  });

  it("leaves paths alone that lead elsewhere, and what nothing is inherited from", () => {
    const text =
      '{"order.id":1,"card.number":2,"order":{"card.type":3,"number.x":4},"orders.card.number":5,"order.":6}';
    expect(variants("$.order.card.number", text)).toEqual([]);
    expect(variants("$.order.card", '{"__proto__":{"id":1},"order":{"__proto__":null}}')).toEqual([]);
    expect(variants("$..ssn", '{"trace.id":1,"s.t":2}')).toEqual([]);
  });

  it("follows a path of any length in linear time", () => {
    expect(variants("$..a", JSON.stringify({ [".a".repeat(200_000).slice(1)]: 1 }))).toEqual(["1"]);
    expect(variants("$..a.b", JSON.stringify({ ["a.".repeat(200_000)]: 1 }))).toEqual([]);
  });

  it("takes $.product.name for no variant of $.customer.name", () => {
    expect(variants("$.customer.name", '{"product":{"name":"x"},"Product":{"Name":"y"}}')).toEqual([]);
  });

  it("takes what another spelling in the same selector selects for no variant", () => {
    expect(variants("$['ssn','SSN']", '{"ssn":1,"SSN":2,"Ssn":3}')).toEqual(["3"]);
    expect(variants("$.*", '{"SSN":1}')).toEqual([]);
    expect(variants("$..ssn..ssn", '{"SSN":{"ssn":{"ssn":1}}}')).toEqual(['{"ssn":1}']);
  });

  it("finds decomposed spellings of names with marks, and composed ones of decomposed names", () => {
    for (const name of ["prénom", "été", "Ångström", "ñ", "ệ", "ḱ"]) {
      for (const form of ["NFC", "NFD"] as const) {
        const selector = `$['${name.normalize(form)}']`;
        const other = name.normalize(form === "NFC" ? "NFD" : "NFC");
        expect([selector, variants(selector, JSON.stringify({ [other]: 1 }))]).toEqual([selector, ["1"]]);
        const upper = other.toUpperCase();
        expect([selector, variants(selector, JSON.stringify({ [upper]: 1 }))]).toEqual([selector, ["1"]]);
      }
    }
  });

  it("folds Greek with either sigma, and sharp s", () => {
    expect(variants("$['ΟΔΟΣ_x']", '{"οδοσx":1,"οδος_x":2,"ΟδοςX":3}')).toEqual(["1", "2", "3"]);
    expect(variants("$.straße", '{"STRASSE":1,"strasse":2,"STRAẞE":3}')).toEqual(["1", "2", "3"]);
  });

  it("are compared with every rule, not only with the first that has such a name", () => {
    expect(variants("$.a.ssn", '{"a":{"SSN":1}}', ["$.a.SSn", "$..Ssn"])).toEqual(["1"]);
  });
});

describe("values of another shape than a selector expects", () => {
  const kinds = ["{}", "[]", '"x"', "1", "true", "null"];
  const mismatching = (selector: string, text: string): string[] => {
    const bytes = Buffer.from(text);
    return matchesOf(matcherOf([selector], { checkShapes: true }), bytes)
      .filter(({ state, kind }) => state.mismatches.some((mismatch) => (mismatch.kinds & kind) !== 0))
      .map(({ start, end }) => bytes.subarray(start, end).toString());
  };
  const refusedAt = (selector: string, around: (value: string) => string): string[] =>
    kinds.filter((value) => mismatching(selector, around(value)).length > 0);

  it("are scalars and arrays where a name step goes on, except null", () => {
    expect(refusedAt("$.a", (value) => value)).toEqual(["[]", '"x"', "1", "true"]);
    expect(refusedAt("$.a.b", (value) => `{"a":${value}}`)).toEqual(["[]", '"x"', "1", "true"]);
    expect(refusedAt("$['a','b'].c", (value) => `{"b":${value}}`)).toEqual(["[]", '"x"', "1", "true"]);
  });

  it.each(["$.a[0]", "$.a[-1]", "$.a[1:]", "$.a[*]"])(
    "are scalars and objects where %s goes on from a, except null",
    (selector) => {
      expect(refusedAt(selector, (value) => `{"a":${value}}`)).toEqual(["{}", '"x"', "1", "true"]);
    },
  );

  it("are scalars alone where names and indexes are alternatives", () => {
    expect(refusedAt("$.a['b',0]", (value) => `{"a":${value}}`)).toEqual(['"x"', "1", "true"]);
  });

  it("are none where a step after .. goes on, nor at members that .* reached", () => {
    expect(refusedAt("$..a", (value) => value)).toEqual([]);
    expect(refusedAt("$..a", (value) => `{"a":${value}}`)).toEqual([]);
    expect(refusedAt("$.a..b", (value) => `{"a":${value}}`)).toEqual([]);
    expect(refusedAt("$.*.b", (value) => `{"a":${value}}`)).toEqual([]);
    expect(refusedAt("$..*.b", (value) => `{"a":${value}}`)).toEqual([]);
    expect(refusedAt("$.a.*", (value) => `{"a":${value}}`)).toEqual([]);
  });

  it("are found again behind a value that .. has matched", () => {
    expect(refusedAt("$..a.b", (value) => `[{"a":${value}}]`)).toEqual(["[]", '"x"', "1", "true"]);
    expect(refusedAt("$..a[*]", (value) => `[{"a":${value}}]`)).toEqual(["{}", '"x"', "1", "true"]);
  });

  it("are none away from the selector's way, and none at its end", () => {
    expect(refusedAt("$.a.b", (value) => `{"c":${value},"a":{"d":${value}}}`)).toEqual([]);
    expect(refusedAt("$.a.b", (value) => `{"a":{"b":${value}}}`)).toEqual([]);
  });

  it("are not looked for where the policy ignores them, and [*] still selects members then", () => {
    expect(matchesOf(matcherOf(["$.a[*]"]), Buffer.from('{"a":{"b":1}}'))).toMatchObject([{ kind: ValueKind.scalar }]);
  });
});
