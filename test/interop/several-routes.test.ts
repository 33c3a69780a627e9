// What one route of a policy seals opens under the whole policy, whatever the selectors of its other routes lead to.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encryptBody, type PolicyDocument, parsePolicy } from "../../packages/edge-encrypt/src/index.ts";
import { soak } from "../generators/soak.ts";
import { decryptorOf, pii } from "./fixtures.ts";

type Route = PolicyDocument["routes"][number];
type Body = readonly [mediaType: string, text: string];

const decryptor = decryptorOf();
const name = fc.constantFrom("a", "b", "ssn", "note");
const step = fc.oneof(
  name.map((of) => `.${of}`),
  name.map((of) => `..${of}`),
  fc.constantFrom("[*]", "[0]", "[-1]", "[1:]", ".*"),
);
const select = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => `$${steps.join("")}`);
const rule = fc.record({ select, within: fc.constantFrom({}, { within: "json" as const }) });

const routeOf = (path: string): fc.Arbitrary<Route> =>
  fc
    .record({
      rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
      onNameVariant: fc.constantFrom("refuse", "select", "ignore"),
      onShapeMismatch: fc.constantFrom("refuse", "ignore"),
    })
    .map(({ rules, ...settings }) => ({
      path,
      ...settings,
      fields: rules.map(({ select: selector, within }, index) => ({
        name: `${path.slice(1)}-${index}`,
        select: selector,
        action: "encrypt",
        key: "pii-1",
        ...within,
      })),
    }));

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

const bodies: readonly fc.Arbitrary<Body>[] = [
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

describe("a policy of several routes", () => {
  it("opens the very bytes that one of them sealed", async () => {
    let sealed = 0;
    const routes = fc.tuple(routeOf("/one"), routeOf("/two"), routeOf("/three"));
    await fc.assert(
      fc.asyncProperty(routes, fc.oneof(...bodies), async ([one, ...others], [mediaType, text]) => {
        const policy = parsePolicy({
          version: 1,
          id: "p",
          keys: { "pii-1": { alg: "RSA-OAEP-256", publicKey: pii.publicKey } },
          routes: [{ ...one, mediaTypes: [mediaType.split(";")[0]!] }, ...others],
        });
        const body = Buffer.from(text, "latin1");
        // What the edge refuses is another test's.
        const bytes = await encryptBody({ bytes: body, mediaType, path: "/one" }, policy).catch(() => null);
        if (bytes === null || Buffer.from(bytes).equals(body)) return;
        sealed++;
        const opened = await decryptor.decryptBody({ bytes, mediaType, expect: policy });
        expect(Buffer.from(opened).toString("latin1")).toBe(text);
      }),
      { numRuns: soak(3000) },
    );
    expect(sealed).toBeGreaterThan(100);
  });
});
