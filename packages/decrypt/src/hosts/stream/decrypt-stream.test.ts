import { pipeline, Readable } from "node:stream";
import { encryptBody, parsePolicy } from "@fieldseal/edge-encrypt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keys, privateKeys } from "../../../../../test/fixtures/sealing-policy.ts";
import { customer, places, sealed } from "../../../../../test/fixtures/shop.ts";
import { createDecryptor } from "../../decryptor.ts";
import { pemKeys } from "../../keys/pem.ts";
import { type DecryptStreamOptions, decryptStream } from "./index.ts";

const pem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
const options = (mediaType: string, more: Partial<DecryptStreamOptions> = {}): DecryptStreamOptions => ({
  keys: pemKeys({ "pii-1": pem }),
  access: { rules: [{ principal: "role:lake", fields: { "*": "full" } }] },
  expect: places,
  caller: { principal: "role:lake" },
  mediaType,
  ...more,
});

/** Opens `bytes`, handed over in pieces of `size`. */
async function open(given: DecryptStreamOptions, bytes: Uint8Array, size = 1000): Promise<string> {
  const pieces = function* (): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const stream = pipeline(Readable.from(pieces(), { objectMode: false }), decryptStream(given), () => {});
  return Buffer.concat(await stream.toArray()).toString();
}
const failure = async (given: DecryptStreamOptions, text: string | Uint8Array): Promise<string> => {
  return await open(given, Buffer.from(text)).then(
    () => "nothing",
    (error) => (error as { code: string }).code,
  );
};

/** One sealed value: the envelope of `ssn`. */
async function envelopeOf(value: string): Promise<string> {
  return (JSON.parse(Buffer.from(await sealed({ ssn: value })).toString()) as { ssn: string }).ssn;
}

it("fails where its source does, and does not wait for the rest", async () => {
  for (const pieces of [0, 1, 3]) {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let piece = 0; piece < pieces; piece++) yield Buffer.from('{"a":1}\n'.repeat(10_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
      throw new Error("the source failed");
    };
    const stream = pipeline(Readable.from(source()), decryptStream(options("application/jsonl")), () => {});
    await expect(stream.toArray()).rejects.toThrow("the source failed");
  }
});

it("opens an envelope of nothing to nothing", async () => {
  const text = await envelopeOf("");
  expect(await open(options("text/plain"), Buffer.from(text))).toBe("");
  expect(await open(options("text/plain"), Buffer.from(`${text}\n${text}`), 200)).toBe("\n");
});

describe("NDJSON", () => {
  const ndjson = "application/x-ndjson";

  it("comes back byte by byte, ends of lines and blank lines included, however it is cut", async () => {
    const line = Buffer.from(await sealed(customer)).toString();
    const plain = '{ "loyalty" : 1.0, "a":1,"a":2 }';
    const blank = " \t".repeat(100);
    const text = [`\ufeff${line}`, plain, "", blank, line].join("\r\n");
    const expected = [`\ufeff${JSON.stringify(customer)}`, plain, "", blank, JSON.stringify(customer)].join("\r\n");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 4 }),
        async (size, batchRecords) => {
          expect(await open(options(ndjson, { batchRecords }), Buffer.from(text), size)).toBe(expected);
          expect(await open(options(ndjson), Buffer.from(`${text}\n`), size)).toBe(`${expected}\n`);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each(["\ufeff", "\ufeff\n", "\ufeff \r\n"])(
    "takes a first line with nothing but a byte order mark for a blank one",
    async (start) => {
      const text = Buffer.from(`${start}${start.endsWith("\n") ? Buffer.from(await sealed(customer)) : ""}`);
      const opened = await createDecryptor({ keys: options(ndjson).keys }).decryptBody({
        bytes: text,
        mediaType: ndjson,
      });
      expect(await open(options(ndjson), text)).toBe(Buffer.from(opened).toString());
    },
  );

  it("fails where a record does not open, or passes it as it came and tells which", async () => {
    const good = Buffer.from(await sealed(customer)).toString();
    const moved = JSON.stringify({ contact: { email: await envelopeOf("1") } });
    const text = [good, moved, "{", good].join("\n");
    expect(await failure(options(ndjson), text)).toBe("ENVELOPE_MISPLACED");
    const left: [number, string][] = [];
    const onLeft = (record: number, { code }: { code: string }): void => void left.push([record, code]);
    const opened = await open(options(ndjson, { onRecordError: "leave", onLeft, batchRecords: 2 }), Buffer.from(text));
    expect(opened).toBe([JSON.stringify(customer), moved, "{", JSON.stringify(customer)].join("\n"));
    expect(left).toEqual([
      [2, "ENVELOPE_MISPLACED"],
      [3, "BODY_MALFORMED"],
    ]);
  });

  it("never leaves a record that would open later", async () => {
    const audit = { accept: () => Promise.reject(new Error("full")) };
    const given = options(ndjson, { audit, onRecordError: "leave" });
    expect(await failure(given, await sealed(customer))).toBe("AUDIT_UNAVAILABLE");
  });

  it("holds no record above the limit", async () => {
    const given = options(ndjson, { maxRecordBytes: 1000 });
    expect(await failure(given, `"${"x".repeat(999)}"\n`)).toBe("BODY_TOO_LARGE");
    expect(await failure(given, "x".repeat(5000))).toBe("BODY_TOO_LARGE");
    expect(await open(given, Buffer.from(`"${"x".repeat(997)}"\n`))).toHaveLength(1000);
  });
});

describe("CSV", () => {
  const csv = "text/csv; charset=utf-8";
  const policy = parsePolicy({
    version: 1,
    id: "csv",
    keys,
    routes: [{ path: "/**", fields: [{ name: "ssn", select: "$.ssn", action: "encrypt", key: "pii-1" }] }],
  });
  const sealedAs = async (mediaType: string, body: string): Promise<string> => {
    const request = { bytes: Buffer.from(body), mediaType, method: "POST", path: "/" };
    return Buffer.from(await encryptBody(request, policy)).toString();
  };

  it("keeps every byte around the cells that open, quotes included", async () => {
    const [one, two] = [await envelopeOf("536-90-4399"), await envelopeOf('say "x", y')];
    const header = '\uFEFF"id","ssn",note\r\n\r\n';
    const rows = (a: string, b: string): string => `1,${a},"a ""quoted"" note"\r\n2,${b},\r\n"3",,plain é\r\n`;
    const text = header + rows(one, `"${two}"`);
    const expected = header + rows("536-90-4399", '"say ""x"", y"');
    for (const size of [1, 7, 100, 10_000]) expect(await open(options(csv), Buffer.from(text), size)).toBe(expected);
  });

  it("quotes an opened cell that needs it, and spells numbers as they were", async () => {
    const { ssn } = JSON.parse(await sealedAs("application/json", '{"ssn":1.50}')) as { ssn: string };
    const text = `ssn\n${ssn}\n${await envelopeOf("a,b")}\n`;
    expect(await open(options(csv), Buffer.from(text))).toBe('ssn\n1.50\n"a,b"\n');
  });

  it("passes a row by itself whose value is no text, and opens the others", async () => {
    const form = "application/x-www-form-urlencoded";
    const [good, planted] = (await sealedAs(form, "ssn=a%20b&ssn=%ff")).split("&").map((pair) => pair.slice(4));
    const text = `ssn,n\n${good},1\n${planted},2\n${good},3\n`;
    expect(await failure(options(csv), text)).toBe("DECRYPTION_FAILED");
    const left: [number, string][] = [];
    const onLeft = (record: number, { code }: { code: string }): void => void left.push([record, code]);
    const opened = await open(options(csv, { onRecordError: "leave", onLeft }), Buffer.from(text));
    expect(opened).toBe(`ssn,n\na b,1\n${planted},2\na b,3\n`);
    expect(left).toEqual([[3, "DECRYPTION_FAILED"]]);
  });

  it("opens an envelope only in a column that expects it", async () => {
    const text = `ssn,note\n1,${await envelopeOf("1")}\n`;
    expect(await failure(options(csv), text)).toBe("ENVELOPE_MISPLACED");
  });

  it("refuses rows of another length, open quotes, other encodings, and rows above the limit", async () => {
    expect(await failure(options(csv), "a,b\n1\n")).toBe("BODY_MALFORMED");
    expect(await failure(options(csv), 'a,b\n1,"2\n')).toBe("BODY_MALFORMED");
    expect(await failure(options(csv), Buffer.of(0x61, 0x0a, 0xff))).toBe("BODY_NOT_UTF8");
    expect(await failure(options(csv, { maxRecordBytes: 100 }), `a,b\n1,${"2".repeat(200)}\n`)).toBe("BODY_TOO_LARGE");
  });
});

describe("plain text", () => {
  it("is cut into records whatever the pieces and the limit are", async () => {
    const text = `${"word ".repeat(400_000)}\n${"x".repeat(99_000)} ${"line\n".repeat(1000)}`;
    for (const [size, maxRecordBytes] of [
      [text.length, 1_048_576],
      [text.length, 100_000],
      [1000, 100_000],
    ] as const) {
      expect(await open(options("text/plain", { maxRecordBytes }), Buffer.from(text), size)).toBe(text);
    }
    const short = "word\n".repeat(1000);
    expect(await open(options("text/plain", { maxRecordBytes: 100 }), Buffer.from(short), 300)).toBe(short);
  });

  it("opens envelopes wherever they stand, however far lines and pieces go", async () => {
    const envelope = await envelopeOf("536-90-4399");
    const words = `${"word ".repeat(20_000)}${envelope}, and ${envelope}.${" more".repeat(20_000)}`;
    const expected = words.replaceAll(envelope, "536-90-4399");
    expect(await open(options("text/plain"), Buffer.from(words), 777)).toBe(expected);
    expect(await open(options("text/plain"), Buffer.from(`${words}\n${words}`), 70_000)).toBe(
      `${expected}\n${expected}`,
    );
  });

  it("refuses other encodings, and text without any break above the limit", async () => {
    expect(await failure(options("text/plain"), Buffer.of(0xff))).toBe("BODY_NOT_UTF8");
    const given = options("text/plain", { maxRecordBytes: 100_000 });
    expect(await failure(given, "x".repeat(100_001))).toBe("BODY_TOO_LARGE");
  });
});

describe("a stream", () => {
  it.each([
    ["text/csv", "a\n", '"'],
    ["application/x-ndjson", "", '"'],
    ["text/plain", "", ""],
  ])(
    "of %s costs in proportion to its length, however long its records and short its pieces are",
    async (type, before, quote) => {
      const text = `${before}${quote}${"x".repeat(6_000_000)}${quote}\n`;
      const started = performance.now();
      expect(await open(options(type, { maxRecordBytes: 10_000_000 }), Buffer.from(text), 500)).toBe(text);
      expect(performance.now() - started).toBeLessThan(8000);
    },
  );

  it("takes every media type that the edge takes for NDJSON", async () => {
    const line = `${JSON.stringify({ ssn: await envelopeOf("1") })}\n`;
    const types = ["", "x-"].flatMap((x) => ["ndjson", "jsonl", "jsonlines"].map((name) => `application/${x}${name}`));
    for (const type of [...types, "application/vnd.log+x-ndjson"]) {
      expect(await open(options(type), Buffer.from(line)), type).toBe('{"ssn":"1"}\n');
    }
  });

  it("is not made without a caller", () => {
    const nobody = { ...options("text/csv"), caller: undefined } as unknown as DecryptStreamOptions;
    expect(() => decryptStream(nobody)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("is refused for other media types, and without expect or access", () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => decryptStream(options("application/json"))).toThrow(code("MEDIA_TYPE_UNSUPPORTED"));
    for (const name of ["expect", "access"]) {
      expect(() => decryptStream({ ...options("text/csv"), [name]: undefined })).toThrow(code("CONFIG_INVALID"));
    }
  });

  it.each([
    ["application/jsonl", `"${"x".repeat(1000)}"\n`],
    ["text/csv", `${"x".repeat(500_000)}\n`],
  ])("of %s takes no more than a few batches ahead of who reads it", async (type, line) => {
    const bytes = Buffer.from(line);
    let given = 0;
    const source = function* (): Generator<Uint8Array> {
      for (; given * bytes.length < 100_000_000; given++) yield bytes;
    };
    const stream = pipeline(Readable.from(source()), decryptStream(options(type, { batchRecords: 10 })), () => {});
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(given * bytes.length).toBeLessThan(10_000_000);
    stream.destroy();
  });
});
