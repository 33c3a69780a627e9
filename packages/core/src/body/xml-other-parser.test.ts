import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { codecOf, refusalOf, selected, utf8 } from "../../../../test/codecs/scan-selected.ts";

const doc = (text: string) => ({ mediaType: "application/xml", bytes: utf8(text) });
const xml = codecOf("application/xml");

interface Oracle {
  readonly elements: { readonly path: string; readonly content: string }[];
  readonly attributes: { readonly path: string; readonly value: string }[];
}

/** Another parser's view: every element's content as spelled, and every attribute's value. */
function oracleOf(text: string): Oracle {
  const parser = new SaxesParser({ xmlns: false });
  const open: { path: string; start: number }[] = [];
  const oracle: Oracle = { elements: [], attributes: [] };
  const local = (name: string): string => name.slice(name.indexOf(":") + 1);
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    const path = `${open.at(-1)?.path ?? "$"}['${local(tag.name)}']`;
    for (const [name, value] of Object.entries(tag.attributes)) {
      if (!/^xmlns(:|$)/.test(name)) oracle.attributes.push({ path: `${path}['@${local(name)}']`, value: `${value}` });
    }
    open.push({ path, start: parser.position });
  });
  parser.on("closetag", (tag) => {
    const { path, start } = open.pop()!;
    const content = tag.isSelfClosing ? "" : text.slice(start, text.lastIndexOf("</", parser.position - 1));
    oracle.elements.push({ path, content });
  });
  parser.write(text).close();
  return oracle;
}

function isAccepted(text: string): boolean {
  try {
    oracleOf(text);
    return true;
  } catch {
    return false;
  }
}

const names = fc.constantFrom("a", "b", "ssn", "p:ssn", "é", "x-1");
const chars = fc.constantFrom("t", " ", "é", "😀", "&amp;", "&#65;", "&#x1F600;", "]", ">", "\n", '"');
const characters = fc.array(chars, { maxLength: 6 }).map((list) => list.join(""));
const misc = fc.constantFrom("<!-- c -->", "<?p i?>", "<![CDATA[<x>&]]>", "<![CDATA[]]>");
const attributes = fc
  .uniqueArray(fc.tuple(names, characters, fc.constantFrom(" ", "\n ")), { selector: ([name]) => name, maxLength: 3 })
  .map((list) => list.map(([name, value, gap]) => `${gap}${name}='${value}'`).join(""));
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(names, attributes).map(([name, attrs]) => `<${name}${attrs}/>`),
    fc
      .tuple(names, attributes, tie("content"))
      .map(([name, attrs, content]) => `<${name}${attrs}>${content}</${name}>`),
  ),
  content: fc.array(fc.oneof({ maxDepth: 3 }, characters, misc, tie("element")), { maxLength: 4 }).map((list) =>
    list
      .join("")
      .replaceAll("]]>", "]]&gt;")
      .replace(/<!\[CDATA\[(.*?)\]\]&gt;/g, "<![CDATA[$1]]>"),
  ),
}));

describe("XML against another parser", () => {
  it("takes the same characters for names, their beginnings and text", () => {
    const edges = fc.constantFrom(
      0xb7,
      0x2ff,
      0x300,
      0x36f,
      0x37d,
      0x37e,
      0x37f,
      0x200b,
      0x200c,
      0x203f,
      0x2071,
      0x2ff0,
    );
    const points = fc.oneof(edges, fc.integer({ min: 1, max: 0x4000 }), fc.integer({ min: 0xe000, max: 0x10ffff }));
    fc.assert(
      fc.property(points, fc.constantFrom(["<", "/>"], ["<a", "/>"], ["<a>", "</a>"]), (point, [before, after]) => {
        const text = `${before}${String.fromCodePoint(point)}${after}`;
        // What fast-xml-parser takes for white space is refused in names.
        if (/:|<a?[\u1680\ufeff]/.test(text)) return;
        expect([text, refusalOf(doc(text)) === null]).toEqual([text, isAccepted(text)]);
      }),
      { numRuns: 3000 },
    );
  });

  it("spans are the contents and the values that the other parser sees, path by path", () => {
    fc.assert(
      fc.property(element, (text) => {
        const oracle = oracleOf(text);
        for (const path of new Set(oracle.elements.map((found) => found.path))) {
          const expected = oracle.elements.filter((found) => found.path === path).map(({ content }) => content);
          expect(selected(doc(text), path).sort()).toEqual(expected.sort());
        }
        for (const path of new Set(oracle.attributes.map((found) => found.path))) {
          const expected = oracle.attributes.filter((found) => found.path === path).map(({ value }) => value);
          const values = selected(doc(text), path).map((raw) => xml.decodeValue(utf8(raw))!.replace(/[\t\n]/g, " "));
          expect(values.sort()).toEqual(expected.sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("accepts no document that the other parser refuses, and the other way round", () => {
    const noise = fc.constantFrom(
      "<",
      ">",
      "/",
      "&",
      ";",
      "'",
      "=",
      "]]>",
      "<!--",
      "-->",
      "<a>",
      "</a>",
      "\u0000",
      " ",
      "x",
    );
    fc.assert(
      fc.property(element, noise, fc.nat(), fc.boolean(), (valid, extra, place, cut) => {
        const at = place % (valid.length + 1);
        const text = `${valid.slice(0, at)}${extra}${valid.slice(cut ? at + 1 : at)}`;
        // The other parser was told nothing of namespaces, in which a name begins and ends with no colon.
        if (!text.isWellFormed() || /[<\s/]:|:[\s=/>]/.test(text)) return;
        const code = refusalOf(doc(text));
        // Instructions and comments are taken only as all parsers read them.
        const isNarrower = code === "XML_DTD_REFUSED" || (code !== null && /<\?|<!---?>/.test(text));
        if (!isNarrower) expect([text, code === null]).toEqual([text, isAccepted(text)]);
      }),
      { numRuns: 2000 },
    );
  });
});
