import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, codeOf, decryptorOf, form, json, policy, sealed, textOf } from "./fixtures.ts";

// What becomes of an envelope that is copied whole to another place. It is a perfect envelope there: the tag does not
// bind it to a place, `expect` does, and the record only where the context or pinned data keys name it.
const decryptor = decryptorOf();
const open = async (
  text: string,
  expected: typeof policy | Record<string, string | string[]> = policy,
): Promise<string> => textOf(await decryptor.decryptBody({ bytes: bytesOf(text), mediaType: json, expect: expected }));

let ssn: string;
let email: string;
beforeAll(async () => {
  ({ ssn, email } = JSON.parse(await sealed('{"ssn":"1","email":"a@b.c"}')) as { ssn: string; email: string });
});

describe("an expect that is neither a policy nor selectors", () => {
  const document = { version: 1, id: "raw", keys: {}, routes: [] };
  it.each([null, "$.ssn", 7, document, { ssn: null }, { ssn: [{}] }])("is CONFIG_INVALID: %j", async (expected) => {
    expect(await codeOf(open(JSON.stringify({ ssn }), expected as never))).toBe("CONFIG_INVALID");
  });
});

describe("an envelope copied whole", () => {
  it("to the member of another field is ENVELOPE_MISPLACED", async () => {
    expect(await codeOf(open(JSON.stringify({ email: ssn })))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(open(JSON.stringify({ ssn: email })))).toBe("ENVELOPE_MISPLACED");
  });

  it("to a member that no rule selects is ENVELOPE_MISPLACED", async () => {
    expect(await codeOf(open(JSON.stringify({ note: ssn })))).toBe("ENVELOPE_MISPLACED");
  });

  it("into free text, alone or among other words, is ENVELOPE_MISPLACED", async () => {
    expect(await codeOf(open(JSON.stringify({ ssn: `it is ${ssn}` })))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(open(JSON.stringify({ note: `it is ${ssn}, yes` })))).toBe("ENVELOPE_MISPLACED");
  });

  it("into a member name is ENVELOPE_MISPLACED, escaped or not", async () => {
    expect(await codeOf(open(JSON.stringify({ [ssn]: 1 })))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(open(`{"\\u0066${ssn.slice(1)}":1}`))).toBe("ENVELOPE_MISPLACED");
  });

  it("to another array element is ENVELOPE_MISPLACED where the elements are told apart", async () => {
    const expected = { ssn: "$[0]", email: "$[1]" };
    expect(await open(JSON.stringify([ssn, email]), expected)).toBe('["1","a@b.c"]');
    expect(await codeOf(open(JSON.stringify([email, ssn]), expected))).toBe("ENVELOPE_MISPLACED");
  });

  it("to another element that the same selector covers opens: placement cannot tell them apart", async () => {
    expect(await open(JSON.stringify([{ ssn }, { ssn }]))).toBe('[{"ssn":"1"},{"ssn":"1"}]');
  });

  it("to another record opens, unless the context names the record", async () => {
    const bound = JSON.parse(await sealed('{"ssn":"1"}', { context: { record: "r-1" } })) as { ssn: string };
    const openIn = (record: string): Promise<Uint8Array> =>
      decryptor.decryptBody({
        bytes: bytesOf(JSON.stringify({ ssn: bound.ssn })),
        mediaType: json,
        context: { record },
        expect: policy,
      });
    expect(textOf(await openIn("r-1"))).toBe('{"ssn":"1"}');
    expect(await codeOf(openIn("r-2"))).toBe("DECRYPTION_FAILED");
  });

  it("inside a value that expects it, one level down, is ENVELOPE_MISPLACED", async () => {
    expect(await codeOf(open(JSON.stringify({ ssn: { x: ssn } })))).toBe("ENVELOPE_MISPLACED");
  });

  it("from JSON into a form opens as the text, escaped for the form", async () => {
    const accented = JSON.parse(await sealed('{"ssn":"a&b=ë"}')) as { ssn: string };
    const body = { bytes: bytesOf(`x=1&ssn=${accented.ssn}`), mediaType: form, expect: policy };
    expect(textOf(await decryptor.decryptBody(body))).toBe("x=1&ssn=a%26b%3D%C3%AB");
  });

  it("anywhere opens without `expect`, in process", async () => {
    const text = JSON.stringify({ note: `it is ${ssn}.`, [ssn]: 2 });
    const body = { bytes: bytesOf(text), mediaType: json };
    expect(textOf(await decryptor.decryptBody(body))).toBe('{"note":"it is 1.","1":2}');
  });

  it("of another field is ENVELOPE_MISPLACED for decryptField and decryptText", async () => {
    expect(await codeOf(decryptor.decryptField(ssn, { field: "email" }))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(decryptor.decryptText(`a ${ssn} b`, { fields: ["email"] }))).toBe("ENVELOPE_MISPLACED");
    expect(await decryptor.decryptText(`a ${ssn} b ${email}`, { fields: ["email", "ssn"] })).toBe("a 1 b a@b.c");
  });
});
