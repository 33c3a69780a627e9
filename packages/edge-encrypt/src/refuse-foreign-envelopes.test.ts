import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { openAll } from "../../../test/fixtures/native-envelope.ts";
import { policyDocument, privateKeys, seals } from "../../../test/fixtures/sealing-policy.ts";
import { encryptBodySync } from "./encrypt-body.ts";
import { FieldsealError, parsePolicy } from "./index.ts";

const form = "application/x-www-form-urlencoded";
const policyOf = (route: object): ReturnType<typeof parsePolicy> =>
  parsePolicy(policyDocument([seals("$..ssn")], route));
const policies = {
  reject: policyOf({}),
  encrypt: policyOf({ onForeignEnvelope: "encrypt" }),
  allow: policyOf({ onForeignEnvelope: "allow" }),
};

function outcome(text: string, on: keyof typeof policies = "reject", mediaType = "application/json"): string {
  try {
    encryptBodySync({ bytes: Buffer.from(text), mediaType }, policies[on]);
    return "accepted";
  } catch (error) {
    if (error instanceof FieldsealError) return error.code;
    throw error;
  }
}

const refused = "FOREIGN_ENVELOPE";
const sealed = Buffer.from(
  encryptBodySync({ bytes: Buffer.from('{"ssn":"x"}'), mediaType: "application/json" }, policies.reject),
).toString();
const real = (JSON.parse(sealed) as { ssn: string }).ssn;
const long = "A".repeat(40);
const smallest = `fs1.r.k.${long}.x`;

describe("an envelope that arrives from outside", () => {
  it.each([
    ["a real one", real],
    ["one of another version", real.replace("fs1", "fs2")],
    ["one of a version with three digits", real.replace("fs1", "fs999")],
    ["a real one in other text", `see ${real}, thanks`],
    ["a real one behind a dot", `.${real}`],
    ["a cut one", real.slice(0, -4)],
    ["the smallest that is like one", smallest],
    ["the long segment first", `fs1.${long}.a.b.c`],
    ["two, the first harmless", `fs1.a.b fs1.r.k.f.${long}.x`],
  ])("is refused in any value and any name: %s", (_, text) => {
    for (const body of [
      JSON.stringify({ note: text }),
      JSON.stringify({ ssn: text }),
      JSON.stringify([[{ a: [text] }]]),
      JSON.stringify({ ssn: { note: text } }),
      JSON.stringify({ [text]: 1 }),
      JSON.stringify({ a: { [text]: { ssn: 1 } } }),
      JSON.stringify(text),
    ]) {
      expect([body.slice(0, 20), outcome(body)]).toEqual([body.slice(0, 20), refused]);
    }
    expect(outcome(`note=${encodeURIComponent(text)}`, "reject", form)).toBe(refused);
    expect(outcome(`${encodeURIComponent(text)}=1`, "reject", form)).toBe(refused);
  });

  it("is refused however it is escaped", () => {
    const escapes = [
      (text: string) => text.replace("f", "\\u0066"),
      (text: string) => text.replaceAll(".", "\\u002E"),
      (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    ];
    for (const escaped of escapes) {
      expect(outcome(`{"note":"${escaped(real)}"}`)).toBe(refused);
      expect(outcome(`{"${escaped(smallest)}":1}`)).toBe(refused);
    }
    const percent = [...real].map((c) => `%${c.charCodeAt(0).toString(16)}`).join("");
    expect(outcome(`note=${percent}`, "reject", form)).toBe(refused);
    expect(outcome(`note=${real.replaceAll(".", "%2e")}`, "reject", form)).toBe(refused);
  });

  it.each([
    "fs1.example.com",
    `fs1.r.k.f.${"A".repeat(39)}`,
    `fs1.r.k.${long}`,
    `xfs1.r.k.f.${long}.x`,
    `-fs1.r.k.f.${long}.x`,
    `fs1234.r.k.f.${long}.x`,
    `fs.r.k.f.${long}.x`,
    `FS1.r.k.f.${long}.x`,
    `fs1.r..f.${long}.x`,
    `fs1. r.k.f.${long}.x`,
    `fs1/r/k/f/${long}/x`,
    "x".repeat(2000),
    "fs1.".repeat(2000),
  ])("is not %j", (text) => {
    expect(outcome(JSON.stringify({ note: text, [text]: 1 }))).toBe("accepted");
  });

  it("is sealed again inside a selected value where the policy says so, and still refused outside and in names", () => {
    const body = Buffer.from(JSON.stringify({ ssn: { note: real } }));
    const twice = encryptBodySync({ bytes: body, mediaType: "application/json" }, policies.encrypt);
    expect(openAll(twice, privateKeys).map(({ value }) => value.toString())).toEqual([JSON.stringify({ note: real })]);
    expect(outcome(JSON.stringify({ ssn: real }), "encrypt")).toBe("accepted");
    expect(outcome(JSON.stringify({ ssn: { [real]: 1 } }), "encrypt")).toBe("accepted");
    expect(outcome(JSON.stringify({ ssn: 1, note: real }), "encrypt")).toBe(refused);
    expect(outcome(JSON.stringify({ note: real, ssn: 1 }), "encrypt")).toBe(refused);
    expect(outcome(JSON.stringify({ [real]: { ssn: 1 } }), "encrypt")).toBe(refused);
  });

  it.each([
    [form, `ssn=${real}`, `note=${real}`],
    ["text/xml", `<a><ssn>${real}</ssn></a>`, `<a><note>${real}</note></a>`],
  ])("is sealed again where nothing stands around it: %s", (mediaType, selected, other) => {
    expect(outcome(selected, "encrypt", mediaType)).toBe("accepted");
    expect(outcome(other, "encrypt", mediaType)).toBe(refused);
  });

  it("passes anywhere where the policy allows it", () => {
    expect(outcome(JSON.stringify({ note: real, [real]: real, ssn: real }), "allow")).toBe("accepted");
  });

  it("is told by its offset, never by its text", () => {
    try {
      encryptBodySync(
        { bytes: Buffer.from(JSON.stringify({ note: real })), mediaType: "application/json" },
        policies.reject,
      );
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: refused, offset: 9 });
      expect((error as Error).message).not.toContain("fs1");
    }
  });
});
