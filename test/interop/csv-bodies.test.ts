// Bodies of CSV: rows opened as records, cells escaped for their place, misplaced ones refused.
import { describe, expect, it } from "vitest";
import { type BodyToDecrypt, createDecryptor, type KeyProvider } from "../../packages/decrypt/src/index.ts";
import { bytesOf, codeOf, json, pems, pii, policy, sealed, textOf } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const envelopeOf = (value: string, field = "ssn"): string =>
  sealUnder(wrapRsa(pii.publicKey), JSON.stringify(value), { kid: "pii-1", field });
const csv = (text: string, more: Partial<BodyToDecrypt> = {}): BodyToDecrypt => ({
  bytes: bytesOf(text),
  mediaType: "text/csv; charset=utf-8",
  expect: { ssn: "$.ssn", note: ["$.note", "$['a=b&c']"] },
  ...more,
});
const decryptor = createDecryptor({ keys: pems });
const opened = async (text: string, more: Partial<BodyToDecrypt> = {}): Promise<string> =>
  textOf(await decryptor.decryptBody(csv(text, more)));

describe("a body of CSV", () => {
  it("opens its cells; every other byte stays, quotes, ends of lines and a byte order mark among them", async () => {
    const text = (a: string, b: string): string =>
      `\ufeffid,"ssn",note\r\n1,${a},"plain, ""quoted"""\r\n\r\n"2","${b}",\n3,,x`;
    const ssn = envelopeOf("078-05-1120");
    expect(await opened(text(ssn, ssn))).toBe(text("078-05-1120", "078-05-1120"));
    const untouched = 'ssn,note\n"a"," b "\n';
    expect(await opened(untouched)).toBe(untouched);
  });

  it.each([
    ["a comma", "a,b", '"a,b"'],
    ["quotes", 'a"b', '"a""b"'],
    ["a line feed", "a\nb", '"a\nb"'],
    ["what forms escape", "a=b&c+d%20é", "a=b&c+d%20é"],
  ])("escapes %s for its cell", async (_, value, written) => {
    expect(await opened(`ssn,n\n${envelopeOf(value)},1\n`)).toBe(`ssn,n\n${written},1\n`);
  });

  it("keeps a cell that is empty now apart from a blank row, and a bare carriage return in another", async () => {
    expect(await opened(`ssn\n${envelopeOf("")}\nx\n`)).toBe('ssn\n""\nx\n');
    expect(await opened(`ssn,n\n${envelopeOf("")},b\rc\n`)).toBe("ssn,n\n,b\rc\n");
  });

  it("fails where a value of a form is no text, and no other body with it", async () => {
    const planted = sealUnder(wrapRsa(pii.publicKey), "%ff", { kid: "pii-1", field: "ssn", kind: "form" });
    const bodies = [csv(`ssn,n\n${planted},1\n`), csv(`ssn,n\n${envelopeOf("x")},1\n`)];
    const results = await decryptor.decryptBodies(bodies);
    const shown = results.map((result) => ("error" in result ? result.error.code : textOf(result.bytes)));
    expect(shown).toEqual(["DECRYPTION_FAILED", "ssn,n\nx,1\n"]);
  });

  it("knows columns by their names, whatever is in them", async () => {
    expect(await opened(`"a=b&c"\n${envelopeOf("x", "note")}\n`)).toBe('"a=b&c"\nx\n');
  });

  it("refuses envelopes among the names of columns, as where the first row is none of names; without expect they open", async () => {
    const names = (cell: string): string => `\ufeffid,${cell},"a=b&c"\r\n1,2,3\r\n`;
    for (const text of [names(envelopeOf("x")), `${envelopeOf("x")}\n`]) {
      expect(await codeOf(opened(text))).toBe("ENVELOPE_MISPLACED");
      expect(await opened(text, { onFieldError: "leave" })).toBe(text);
    }
    const { expect: _, ...anywhere } = csv(names(envelopeOf('x, "y"=z&')));
    expect(textOf(await decryptor.decryptBody(anywhere))).toBe(names('"x, ""y""=z&"'));
    const long = names("n".repeat(200));
    expect(await opened(long)).toBe(long);
  });

  it("counts columns of one name as they stand, whatever is in them", async () => {
    const second = { expect: { ssn: "$.ssn[1]" } };
    const text = (cell: string): string => `ssn,id,ssn\n"a",1,${cell}\n`;
    expect(await opened(text(envelopeOf("x")), second)).toBe(text("x"));
    expect(await codeOf(opened(`ssn,ssn\n${envelopeOf("x")},\n`, second))).toBe("ENVELOPE_MISPLACED");
  });

  it("holds so many data keys in each row, however many in all; those of a row may have to be one", async () => {
    const keysOf = (count: number): string[] => Array.from({ length: count }, () => envelopeOf("x"));
    const rows = `ssn\n${keysOf(40).join("\n")}\n`;
    expect(await opened(rows)).toBe(`ssn\n${"x\n".repeat(40)}`);
    expect(await opened(rows, { sameDataKey: true })).toBe(`ssn\n${"x\n".repeat(40)}`);
    const wide = (count: number): string => `${Array(count).fill("ssn").join()}\n${keysOf(count).join()}\n`;
    expect(await codeOf(opened(wide(32)))).toBeUndefined();
    expect(await codeOf(opened(wide(33)))).toBe("TOO_MANY_DATA_KEYS");
    expect(await codeOf(opened(wide(2), { sameDataKey: true }))).toBe("DATA_KEY_UNEXPECTED");
  });

  it.each([
    ["one name", "n".repeat(100_000), "y".repeat(50)],
    ["a name that many columns have", Array(40).fill("n".repeat(2000)).join(), "y".repeat(50) + ",".repeat(39)],
  ])("costs no many times its size, however long %s is", async (_, header, row) => {
    expect(await codeOf(opened(`${header}\n${`${row}\n`.repeat(1000)}`))).toBe("BODY_TOO_LARGE");
    expect(await opened(`${header}\n${`${row}\n`.repeat(10)}`)).toContain(row);
  });

  it("leaves the event loop to others while it is read", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await opened(`ssn\n${"a\n".repeat(200_000)}`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("refuses an envelope in another column, rows of another length, open quotes and other charsets", async () => {
    expect(await codeOf(opened(`note\n${envelopeOf("1")}\n`))).toBe("ENVELOPE_MISPLACED");
    expect(await codeOf(opened(`ssn,note\n${envelopeOf("1")}\n`))).toBe("BODY_MALFORMED");
    expect(await codeOf(opened('ssn\n"a\n'))).toBe("BODY_MALFORMED");
    expect(await codeOf(opened("ssn\n", { mediaType: "text/csv; charset=utf-16" }))).toBe("CHARSET_UNSUPPORTED");
    expect(await codeOf(opened("ssn\n", { mediaType: "text/csv2" }))).toBe("MEDIA_TYPE_UNSUPPORTED");
  });

  it("fails alone among others, in their order, and rows share the calls", async () => {
    let calls = 0;
    const keys: KeyProvider = {
      find: (kid) => {
        const key = pems.find(kid);
        if (key === undefined) return undefined;
        return {
          ...key,
          unwrap: (...given) => {
            calls++;
            return key.unwrap(...given);
          },
        };
      },
    };
    const shared = wrapRsa(pii.publicKey);
    const row = (value: string): string => sealUnder(shared, JSON.stringify(value), { kid: "pii-1", field: "ssn" });
    const rows = Array.from({ length: 50 }, (_, index) => `${index},${row(`n${index}`)}`).join("\n");
    const batch = createDecryptor({ keys });
    const results = await batch.decryptBodies([
      csv(`id,ssn\n${rows}`),
      csv('ssn\n"'),
      { bytes: bytesOf(await sealed('{"ssn":"1"}')), mediaType: json, expect: policy },
      csv(`id,ssn\n1,${row("a")}\n2,${row("b").replace(/.\.fs$/, (end) => (end[0] === "A" ? "B.fs" : "A.fs"))}`),
      csv("ssn\n"),
    ]);
    const shown = results.map((result) => ("error" in result ? result.error.code : textOf(result.bytes)));
    expect(shown[0]!.split("\n")[50]).toBe("49,n49");
    expect([shown[1], shown[3], shown[4]]).toEqual(["BODY_MALFORMED", "DECRYPTION_FAILED", "ssn\n"]);
    expect(results[2]).toHaveProperty("bytes");
    expect(calls).toBe(2);
    const offsets = rows.split("\n").map((line) => "id,ssn\n".length + rows.indexOf(line));
    expect(results[0]).toMatchObject({
      fields: offsets.map((offset) => ({ field: "ssn", offset, outcome: "opened" })),
    });
  });
});
