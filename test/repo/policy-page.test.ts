import { isUtf8 } from "node:buffer";
import { describe, expect, it } from "vitest";
import { codecFor, parseMediaType } from "../../packages/core/src/body/index.ts";
import { createMatcher, matchRoute, parsePolicy, parseSelector } from "../../packages/core/src/policy/index.ts";
import { sealing } from "../crypto/node-primitives.ts";
import { readText } from "./workspace.ts";

const page = readText("docs/policy.md");
const quotedIn = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]*)`/g), ([, text]) => text!);

/** Rows of the table below the heading row that begins so: their cells. */
function tableAfter(heading: string): string[][] {
  const lines = page.split("\n");
  const first = lines.findIndex((line) => line.startsWith(heading));
  expect(first).toBeGreaterThan(0);
  const rows = lines.slice(first + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
}

function select(text: string, selector: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const rules = [{ query: parseSelector(selector), traced: false }];
  const root = createMatcher({ rules, onNameVariant: "ignore", checkShapes: false });
  const mediaType = parseMediaType("application/json");
  const limits = { maxFields: 100, maxDepth: 10, maxOutputBytes: 1000 };
  const scan = codecFor(mediaType)!.scan({ bytes, mediaType, root, limits, isUtf8 });
  return scan.matches.filter(({ state }) => state.selects.includes(0)).map(({ start, end }) => text.slice(start, end));
}

describe("the table of selectors in docs/policy.md", () => {
  const document = /^\| step \| selects \| in `(.*)` \|$/m.exec(page)![1]!;
  const rows = tableAfter("| step | selects |").flatMap(([, , example]) => {
    const [selector, ...values] = quotedIn(example ?? "");
    return selector === undefined || !example!.includes(`${selector}\` is \``) ? [] : [[selector, values] as const];
  });

  it("has examples", () => {
    expect(rows.length).toBeGreaterThanOrEqual(6);
  });

  it.each(rows)("says what %s selects", (selector, values) => {
    expect(select(document, selector)).toEqual(values);
  });

  it("says that wildcards select members and elements alike", () => {
    expect(select(document, "$.*")).toEqual(['[1,2,3,{"b":4}]', "5"]);
    expect(select(document, "$.a[*]")).toEqual(["1", "2", "3", '{"b":4}']);
    expect(select(document, "$.a.*")).toEqual(select(document, "$.a[*]"));
    expect(select(document, "$[*]")).toEqual(select(document, "$.*"));
  });
});

describe("the table of paths in docs/policy.md", () => {
  const rows = tableAfter("| pattern | matches |").map((cells) => cells.map(quotedIn));

  it.each(rows.map(([pattern, yes, no]) => [pattern![0]!, yes!, no!] as const))(
    "says what %s matches",
    (path, yes, no) => {
      const policy = parsePolicy({ version: 1, id: "x", keys: {}, routes: [{ path }] }, sealing);
      expect(yes.map((request) => matchRoute(policy, "POST", request).kind)).toEqual(yes.map(() => "route"));
      expect(no.map((request) => matchRoute(policy, "POST", request).kind)).toEqual(no.map(() => "none"));
    },
  );
});
