import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf, refusalOf, scanSelected, selected, textOf, utf8 } from "../../../../test/codecs/scan-selected.ts";
import { isXmlChar } from "./xml-names.ts";

const doc = (text: string) => ({ mediaType: "application/xml", bytes: utf8(text) });
const xml = codecOf("application/xml");
const order = `<?xml version="1.0" encoding="UTF-8"?>
<!-- order -->
<o:order xmlns:o="urn:o" id="7"><customer><o:ssn>123-45-6789</o:ssn><note>a &amp; <b>b</b></note></customer>
<item n="1"><x>one</x></item><item n='2'><x>two</x></item><other/><item n="3"><x>three</x></item></o:order>
`;

describe("XML selectors", () => {
  it.each([
    ["$.order.customer.ssn", ["123-45-6789"]],
    ["$..ssn", ["123-45-6789"]],
    ["$.order.customer.note", ["a &amp; <b>b</b>"]],
    ["$.order['@id']", ["7"]],
    ["$.order.item.x", ["one", "two", "three"]],
    ["$.order.item[*].x", ["one", "two", "three"]],
    ["$.order.item[0].x", ["one"]],
    ["$.order.item[-1].x", ["three"]],
    ["$.order.item[1:].x", ["two", "three"]],
    ["$.order.item[0]['@n']", ["1"]],
    ["$.order.item[*]['@n']", ["1", "2", "3"]],
    ["$.order.item[1]", ["<x>two</x>"]],
    ["$.order.*['@n']", ["1", "2", "3"]],
    ["$.order.other", [""]],
    ["$.order.missing", []],
    ["$.order['@o']", []],
    ["$..['@n']", ["1", "2", "3"]],
    ["$.order.customer.*", ["123-45-6789", "a &amp; <b>b</b>"]],
    ["$.order..b", ["b"]],
    ["$.*.other[0]", [""]],
    ["$.customer", []],
  ])("%s", (selector, values) => {
    expect(selected(doc(order), selector)).toEqual(values);
  });

  it("reports an element once, whichever of its selectors select it", () => {
    const { matches } = scanSelected(doc("<a><b>x</b></a>"), ["$.a.b", "$.a.b[0]", "$.a.b[-1]", "$..b"]);
    expect(matches.filter(({ state }) => state.selects.length > 0).map(({ state }) => state.selects)).toEqual([
      [0, 1, 2, 3],
    ]);
  });

  it("counts siblings in each parent anew", () => {
    const body = doc("<r><g><x>1</x><y/><x>2</x></g><g><x>3</x></g></r>");
    expect(selected(body, "$.r.g[-1].x[0]")).toEqual(["3"]);
    expect(selected(body, "$.r.g.x[-1]")).toEqual(["2", "3"]);
  });

  it("counts siblings of each name apart, however they are mixed", () => {
    const body = doc("<r><a>1</a><b>2</b><a>3</a><c/><b>4</b></r>");
    expect(selected(body, "$.r.b[0]")).toEqual(["2"]);
    expect(selected(body, "$.r.a[1]")).toEqual(["3"]);
    expect(selected(body, "$.r.a[-1]")).toEqual(["3"]);
    expect(selected(body, "$.r.b[-1]")).toEqual(["4"]);
  });

  it("takes an element by name at every depth, below selected siblings too", () => {
    expect(selected(doc("<a><b><b>1</b></b><b>2</b></a>"), "$..b[0]")).toEqual(["<b>1</b>", "1"]);
  });

  it("gives the spans of a whole element and of a whole attribute", () => {
    const text = `<a  k="1" l='2'><b>x</b ></a>`;
    const { matches } = scanSelected(doc(text), ["$.a.b", "$.a['@l']"]);
    const outer = matches
      .filter(({ state }) => state.selects.length > 0)
      .map((m) => text.slice(m.outerStart, m.outerEnd));
    expect(outer).toEqual([" l='2'", "<b>x</b >"]);
  });

  it("selects attributes of one local name in any namespace", () => {
    expect(selected(doc('<a k="1" p:k="2"/>'), "$.a['@k']")).toEqual(["1", "2"]);
  });

  it("makes room for a value in an empty-element tag", () => {
    const bytes = utf8('<a><p:b k="1" /></a>');
    const { matches } = scanSelected({ mediaType: "text/xml", bytes }, ["$.a.b"]);
    const { room } = matches.find(({ state }) => state.selects.length > 0)!;
    const { start, end, before, after } = room!;
    const replaced = `${textOf(bytes.subarray(0, start))}${textOf(before)}VALUE${textOf(after)}${textOf(bytes.subarray(end))}`;
    expect(replaced).toBe('<a><p:b k="1" >VALUE</p:b></a>');
  });

  it("tells objects, text and nothing apart", () => {
    const { matches } = scanSelected(doc('<r><a><b/></a><a k="1">t</a><a> </a><a><![CDATA[x]]></a><a/></r>'), [
      "$.r.a",
    ]);
    expect(matches.filter(({ state }) => state.selects.length > 0).map(({ kind }) => kind)).toEqual([
      1, 32, 16, 32, 16,
    ]);
  });
});

describe("XML that is refused", () => {
  it.each([
    ["", "BODY_MALFORMED"],
    ["<a>", "BODY_MALFORMED"],
    ["<a></b>", "BODY_MALFORMED"],
    ["<a></ab>", "BODY_MALFORMED"],
    ["<a/><b/>", "BODY_MALFORMED"],
    ["x<a/>", "BODY_MALFORMED"],
    ["<a/>x", "BODY_MALFORMED"],
    ["<a/>&#32;", "BODY_MALFORMED"],
    ["<![CDATA[x]]><a/>", "BODY_MALFORMED"],
    ['<a k="1" k="2"/>', "BODY_MALFORMED"],
    ['<a k="1"l="2"/>', "BODY_MALFORMED"],
    ["<a k=1/>", "BODY_MALFORMED"],
    ["<a k/>", "BODY_MALFORMED"],
    ['<a k="<"/>', "BODY_MALFORMED"],
    ['<a k="1/>', "BODY_MALFORMED"],
    ["<a>&nbsp;</a>", "BODY_MALFORMED"],
    ["<a>&amp</a>", "BODY_MALFORMED"],
    ["<a>&#0;</a>", "BODY_MALFORMED"],
    ["<a>&#xD800;</a>", "BODY_MALFORMED"],
    ["<a>&#99999999999999999999;</a>", "BODY_MALFORMED"],
    ["<a>&#XA;</a>", "BODY_MALFORMED"],
    ["<a>&;</a>", "BODY_MALFORMED"],
    ["<a>]]></a>", "BODY_MALFORMED"],
    ["<a>\u0001</a>", "BODY_MALFORMED"],
    ["<a>\uffff</a>", "BODY_MALFORMED"],
    ["<a>\ufffe</a>", "BODY_MALFORMED"],
    ["<a><!-- -- --></a>", "BODY_MALFORMED"],
    ["<a><!-- x --->\u0020</a>", "BODY_MALFORMED"],
    ["<a><![CDATA[x]]</a>", "BODY_MALFORMED"],
    ["<a><![cdata[x]]></a>", "BODY_MALFORMED"],
    ["<a><?xml version='1.0'?></a>", "BODY_MALFORMED"],
    ["<a><??></a>", "BODY_MALFORMED"],
    [" <?xml version='1.0'?><a/>", "BODY_MALFORMED"],
    ["<?xml version='2.0'?><a/>", "BODY_MALFORMED"],
    ["<?xml encoding='UTF-8'?><a/>", "BODY_MALFORMED"],
    ["<1a/>", "BODY_MALFORMED"],
    ["<a:/>", "BODY_MALFORMED"],
    ["<:a/>", "BODY_MALFORMED"],
    ["<a:b:c/>", "BODY_MALFORMED"],
    ["< a/>", "BODY_MALFORMED"],
    ["<a / >", "BODY_MALFORMED"],
    ["<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "CHARSET_UNSUPPORTED"],
    ["<?xml version='1.0' encoding='UTF-16'?><a/>", "CHARSET_UNSUPPORTED"],
    ["<!DOCTYPE a><a/>", "XML_DTD_REFUSED"],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML_DTD_REFUSED"],
    ["<a><!ENTITY x 'y'></a>", "XML_DTD_REFUSED"],
    ['<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="x"/></a>', "XML_XINCLUDE_REFUSED"],
    ['<a xmlns="http&#58;//www.w3.org/2001/XInclude"/>', "XML_XINCLUDE_REFUSED"],
    ['<a xmlns="http://www.w3.org/2003/XInclude"/>', "XML_XINCLUDE_REFUSED"],
  ])("%s", (text, code) => {
    expect(refusalOf(doc(text))).toBe(code);
  });

  // Each hides an element, or an attribute, from us that the parser named behind it finds.
  it.each([
    [
      "<a><?p ??><!-- ?><ssn>1</ssn><?q ??> --><?r ?></a>",
      "sax, xml2js, xml-js: `??` is a pair, the `>` behind it text",
    ],
    ["<a><?p '?><!-- ' ?><ssn>1</ssn><?p '?> --><?p ' ?></a>", "fast-xml-parser: `?>` in quotes ends nothing"],
    ['<a><?p "?><!-- " ?><ssn>1</ssn><?p "?> --><?p " ?></a>', "fast-xml-parser"],
    ["<a><?p ><ssn>1</ssn><?q ?></a>", "txml: the first `>` ends an instruction"],
    ["<a><?p q='>'?></a>", "txml"],
    ["<a><?p <ssn>1</ssn>?></a>", "parsers that know no instructions"],
    ["<a><!--><ssn>1</ssn>--></a>", "txml and HTML: `<!-->` is a comment"],
    ["<a><!---><ssn>1</ssn>--></a>", "txml and HTML"],
    ["<a><ssn\u1680x>1</ssn\u1680x></a>", "fast-xml-parser: `ssn`, and white space"],
    ["<a><ssn\ufeffx>1</ssn\ufeffx></a>", "fast-xml-parser"],
    ["<a x\ufeffid='1'/>", "fast-xml-parser: `x` and `id`"],
    ["<a k='1' \ufeffid='1'/>", "fast-xml-parser"],
  ])("hides nothing that another parser finds: %s: %s", (text) => {
    expect(refusalOf(doc(text), ["$..ssn", "$..['@id']"])).toBe("BODY_MALFORMED");
  });

  it("refuses other encodings by their bytes", () => {
    const utf16 = Buffer.from("\ufeff<a/>", "utf16le");
    expect(refusalOf({ mediaType: "application/xml", bytes: utf16 })).toBe("BODY_NOT_UTF8");
    expect(refusalOf({ mediaType: "application/xml", bytes: utf16.subarray(2) })).toBe("BODY_MALFORMED");
    expect(refusalOf({ mediaType: "application/xml", bytes: Buffer.from("<a>\xe9</a>", "latin1") })).toBe(
      "BODY_NOT_UTF8",
    );
  });

  it("refuses nesting and fields beyond the limits", () => {
    expect(refusalOf(doc(`${"<a>".repeat(257)}${"</a>".repeat(257)}`))).toBe("BODY_TOO_DEEP");
    expect(refusalOf(doc(`${"<a>".repeat(256)}${"</a>".repeat(256)}`))).toBe(null);
    expect(refusalOf(doc(`<r>${"<a/>".repeat(4)}</r>`), ["$.r.a"], { maxFields: 3 })).toBe("TOO_MANY_FIELDS");
    expect(refusalOf(doc(`<r a="1" b="2" c="3" d="4"/>`), ["$.r.*"], { maxFields: 3 })).toBe("TOO_MANY_FIELDS");
  });
});

describe("XML that is accepted", () => {
  it.each([
    ["\ufeff<?xml version='1.0' standalone='yes'?>\r\n<a/>\r\n"],
    ["<?xml-stylesheet href='x?y&z' title=\"it's\"?><a/><!-- end --><?p?><!----><?mso-application progid='W'?>"],
    ["<a><!--- dashes and <b>markup</b> --><!-- > --></a>"],
    ['<a xmlns="http://www.w3.org/2001/XIncluded"/>'],
    ["<a k='&lt;\"]]>'>&#x10FFFF;&apos;]]&gt; ><![CDATA[<&]]]]><![CDATA[>]]></a\n>"],
    ["<é:ñ xmlns:é='x' Ω='1'/>"],
    [`<a ${Array.from({ length: 20 }, (_, i) => `k${i}="${i}"`).join(" ")}/>`],
  ])("%s", (text) => {
    expect(refusalOf(doc(text), ["$..ssn"])).toBe(null);
  });

  it("finds a repeated attribute among many", () => {
    const many = Array.from({ length: 20 }, (_, i) => `k${i}="${i}"`).join(" ");
    expect(refusalOf(doc(`<a ${many} k3="x"/>`))).toBe("BODY_MALFORMED");
    expect(refusalOf(doc(`<a ${many} k15="x"/>`))).toBe("BODY_MALFORMED");
  });
});

describe("XML values", () => {
  it.each([
    ["a &amp; &#98;<![CDATA[<c>&amp;]]>\r\nd", "a & b<c>&amp;\nd"],
    ["", ""],
    ["<b/>", null],
    ["x<!-- y -->", null],
  ])("decodes %j", (raw, text) => {
    expect(xml.decodeValue(utf8(raw))).toBe(text);
  });

  it("encodes every text that XML can hold, for content and for attributes, so that it decodes to the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const raw = xml.encodeValue(text);
        if (raw === null) {
          expect([...text].every((char) => isXmlChar(char.codePointAt(0)!))).toBe(false);
          return;
        }
        expect(xml.decodeValue(raw)).toBe(text);
        for (const before of [0x22, 0x27, 0x3e, undefined]) expect(xml.isValue(raw, before)).toBe(true);
      }),
    );
  });

  it("accepts as a value exactly what stays inside its place", () => {
    expect(xml.isValue(utf8("<b>x</b> y"))).toBe(true);
    for (const raw of ["</a><a>", "<b>", "&x;", "]]>", "<!DOCTYPE a>", "<?xml version='1.0'?>"]) {
      expect(xml.isValue(utf8(raw))).toBe(false);
    }
    expect(xml.isValue(utf8('x" y="z'), 0x22)).toBe(false);
    expect(xml.isValue(utf8('x" y="z'), 0x27)).toBe(true);
    expect(xml.isValue(utf8("<b/>"), 0x22)).toBe(false);
    expect(xml.isValue(Uint8Array.of(0xff))).toBe(false);
  });

  it("reports a text across CDATA, comments and instructions, with offsets of the body", () => {
    const text = `<a k="${"x".repeat(50)}">${"y".repeat(20)}<!-- z --><![CDATA[${"<".repeat(5)}]]><?p i?>${"y".repeat(20)}&lt;!</a>`;
    const bytes = utf8(text);
    const { longTexts } = scanSelected(doc(text), []);
    expect(longTexts.map(({ escaped, isName }) => [escaped, isName])).toEqual([
      [false, false],
      [true, false],
    ]);
    const { bytes: decoded, offsets } = xml.decodeText(bytes, longTexts[1]!);
    expect(textOf(decoded)).toBe(`${"y".repeat(20)}${"<".repeat(5)}${"y".repeat(20)}<!`);
    expect([offsets[19], offsets[20], offsets[45], offsets[46], offsets[47]].map((at) => text[at!])).toEqual([
      ..."y<&!<",
    ]);
  });

  it("reports long names", () => {
    const { longTexts } = scanSelected(doc(`<p:${"n".repeat(50)} ${"m".repeat(50)}=''/>`), []);
    expect(longTexts.map(({ start, end, isName }) => [end - start, isName])).toEqual([
      [52, true],
      [50, true],
    ]);
  });
});
