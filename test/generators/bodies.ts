// Bodies of every media type with names that selectors look for, and such selectors: small, so that they meet.
import fc from "fast-check";

/** A Content-Type, and a body in ISO-8859-1. */
export type GeneratedBody = readonly [mediaType: string, text: string];

const name = fc.constantFrom("a", "b", "ssn", "note");
const step = fc.oneof(
  name.map((of) => `.${of}`),
  name.map((of) => `..${of}`),
  fc.constantFrom("[*]", "[0]", "[-1]", "[1:]", ".*"),
);
export const selectors = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => `$${steps.join("")}`);
const scalar = fc.constantFrom(
  "1",
  "null",
  '"x"',
  '""',
  '"{\\"a\\":1}"',
  '"[1,{\\"b\\":2}]"',
  '"{bad"',
  '"{\\"a\\":[]}"',
);
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`),
    fc
      .array(fc.tuple(fc.oneof(name, fc.constant("A")), tie("value")), { maxLength: 3 })
      .map((members) => `{${members.map(([key, of]) => `"${key}":${of}`).join(",")}}`),
  ),
})).value;
const formName = fc.oneof(name, fc.constantFrom("a[b]", "a[]", "b[ssn]", "b.ssn", "A", "note[0]"));
const part = fc
  .record({
    head: fc.tuple(formName, fc.constantFrom("", '; filename="f"', '; filename=""')),
    type: fc.constantFrom("", "application/json", "text/xml", "text/plain; charset=latin1"),
    text: fc.constantFrom("", "1", '{"a":1}', '{"a":NaN}', "<a>x</a>", "\xff", '{"ssn":{"b":2}}'),
  })
  .map(({ head: [of, file], type, text }) => {
    const typeLine = type === "" ? "" : `\r\nContent-Type: ${type}`;
    return `--b\r\nContent-Disposition: form-data; name="${of}"${file}${typeLine}\r\n\r\n${text}\r\n`;
  });
const element: fc.Arbitrary<string> = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom("a", "b", "ssn", "A", "p:note"),
      fc.constantFrom("", ' a="1"', ' ssn="x"'),
      fc.oneof(
        { depthSize: "small" },
        fc.constantFrom("t", "<![CDATA[x]]>", "&amp;"),
        fc.array(tie("element"), { minLength: 1, maxLength: 3 }).map((children) => children.join("")),
      ),
    )
    .map(([of, attribute, content]) => `<${of}${attribute}>${content}</${of}>`),
})).element;

const ofEachType: readonly fc.Arbitrary<GeneratedBody>[] = [
  value.map((text) => ["application/json", text]),
  fc.array(value, { maxLength: 3 }).map((lines) => ["application/x-ndjson", lines.map((line) => `${line}\n`).join("")]),
  fc
    .array(fc.tuple(formName, fc.constantFrom("1", "x+y", "%7B%22a%22%3A1%7D")), { maxLength: 4 })
    .map((pairs) => ["application/x-www-form-urlencoded", pairs.map((pair) => pair.join("=")).join("&")]),
  fc
    .array(part, { minLength: 1, maxLength: 3 })
    .map((parts) => ["multipart/form-data; boundary=b", `${parts.join("")}--b--\r\n`]),
  element.map((root) => ["text/xml", `<a xmlns:p="u">${root}</a>`]),
];

export const generatedBodies = fc.oneof(...ofEachType);
