// Multipart readers of origins: what they find under a covered name must have been selected for sealing.
import { Readable } from "node:stream";
import busboy from "busboy";
import fc from "fast-check";
import { Formidable } from "formidable";
import { describe, expect, it } from "vitest";
import { type Body, refusalOf, scanSelected, selected } from "../codecs/scan-selected.ts";
import { soak } from "../generators/soak.ts";

type Pairs = [name: string, value: string][];
type Read = (body: Body) => Promise<Pairs>;

const readers: Readonly<Record<string, Read>> = {
  busboy: ({ bytes, mediaType }) =>
    new Promise((resolve, reject) => {
      const pairs: Pairs = [];
      const reader = busboy({ headers: { "content-type": mediaType } });
      reader.on("field", (name, value) => pairs.push([name, value]));
      reader.on("file", (name, stream) => {
        let value = "";
        stream.setEncoding("utf8").on("data", (text: string) => {
          value += text;
        });
        stream.on("end", () => pairs.push([name, value])).on("error", reject);
      });
      reader.on("close", () => resolve(pairs)).on("error", reject);
      Readable.from([bytes]).pipe(reader);
    }),
  formidable: async ({ bytes, mediaType }) => {
    const pairs: Pairs = [];
    const form = new Formidable({ allowEmptyFiles: true, minFileSize: 0 });
    form.onPart = (part) => {
      let value = "";
      part.on("data", (chunk: Buffer) => {
        value += chunk.toString();
      });
      part.on("end", () => void pairs.push([part.name ?? "", value]));
    };
    const headers = { "content-type": mediaType, "content-length": String(bytes.length) };
    await form.parse(Object.assign(Readable.from([Buffer.from(bytes)]), { headers }) as never);
    return pairs;
  },
  "the platform": async ({ bytes, mediaType }) => {
    const form = await new Response(Buffer.from(bytes), { headers: { "content-type": mediaType } }).formData();
    const entries = [...form].map(async ([name, value]) => [
      name,
      typeof value === "string" ? value : await value.text(),
    ]);
    return (await Promise.all(entries)) as Pairs;
  },
};

/** Pairs whose name is the covered one, in the eyes of any framework; none where the reader refuses the body. */
async function coveredIn(read: Read, body: Body): Promise<string[]> {
  const pairs = await read(body).catch((): Pairs => []);
  return pairs.filter(([name]) => /^ssn(?:\[.*)?$/i.test(name.trim())).map(([, value]) => value);
}

const boundary = "----geckoformboundary";
const mediaType = `multipart/form-data; boundary=${boundary}`;
const part = (headers: string, value: string): string => `--${boundary}\r\n${headers}\r\n\r\n${value}\r\n`;
const valid = [
  part('Content-Disposition: form-data; name="other"', "one"),
  part('Content-Disposition: form-data; name="ssn"', "078-05-1120"),
  part('Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain', "ssn"),
  `--${boundary}--\r\n`,
].join("");

describe.each(Object.keys(readers))("a multipart body that %s reads", (name) => {
  const read = readers[name]!;

  it.each([
    ["as browsers write it", valid],
    ["with a file name first", valid.replace('name="file"; filename="a.txt"', 'filename="; name=ssn; "; name="file"')],
    ["with the name in a file name", valid.replace('"a.txt"', '"; name=ssn; x="')],
    ["with the name in another header", valid.replace("text/plain", 'text/plain; name="ssn"')],
    ["with a delimiter in the middle of a line", valid.replace("one", `one--${boundary}\r\n${ssnHeader()}2`)],
    ["with a padded delimiter", valid.replace(`\r\n--${boundary}\r\n`, `\r\n--${boundary} \t\r\n`)],
    ["with line feeds alone", valid.replaceAll("\r\n", "\n")],
    ["with a continued name", valid.replace('name="other"', 'name*0="ss"; name*1="n"')],
    ["with an encoded name", valid.replace('name="other"', "name*=UTF-8''ssn")],
    ["with text before it", `${ssnHeader()}x\r\n${valid}`],
    ["with text behind it", `${valid}${part('Content-Disposition: form-data; name="ssn"', "2")}`],
  ])("%s: holds under a covered name nothing that was not selected, or is refused", async (_, text) => {
    await requireSelected({ mediaType, bytes: Buffer.from(text) });
  });

  it.each([
    `multipart/form-data; boundary=${boundary}; boundary=x`,
    `multipart/form-data; xboundary=x; boundary=${boundary}`,
    `multipart/form-data; boundary*=UTF-8''x; boundary=${boundary}`,
    `multipart/form-data; a="; boundary=x"; boundary=${boundary}`,
    `multipart/form-data; boundary="${boundary}, x"`,
  ])("is cut by the same boundary, or refused: %s", async (type) => {
    const hidden = `--x\r\nContent-Disposition: form-data; name="ssn"\r\n\r\n2\r\n--x--\r\n`;
    await requireSelected({ mediaType: type, bytes: Buffer.from(valid.replace("one", `\r\n${hidden}`)) });
  });

  it("holds under a covered name nothing that was not selected, however it is bent", async () => {
    const noise = fc.constantFrom(
      ...[
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        "--",
        `--${boundary}`,
        `\r\n--${boundary}\r\n`,
        `--${boundary}--`,
        "\\",
        '"',
        "'",
      ],
      ...[
        ";",
        "=",
        "name=",
        "ssn",
        'name="ssn"',
        "; filename=x",
        "*",
        ":",
        "\0",
        "%22",
        "Content-Disposition: form-data; ",
      ],
    );
    const edit = fc.tuple(fc.nat(valid.length), fc.nat(3), fc.array(noise, { minLength: 1, maxLength: 3 }));
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const text = edits.reduce(
          (now, [at, cut, more]) => now.slice(0, at) + more.join("") + now.slice(at + cut),
          valid,
        );
        if (await requireSelected({ mediaType, bytes: Buffer.from(text) })) accepted++;
      }),
      { numRuns: soak(2000) },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  /** False where the body is refused. */
  async function requireSelected(body: Body): Promise<boolean> {
    if (refusalOf(body, ["$.ssn"]) !== null) return false;
    // A name that some reader takes for the covered one is refused when fields are selected.
    if (scanSelected(body, ["$.ssn"]).matches.some(({ state }) => state.variants.length > 0)) return false;
    const sealed = selected(body, "$.ssn");
    for (const value of await coveredIn(read, body)) expect(sealed).toContain(value);
    return true;
  }
});

function ssnHeader(): string {
  return 'Content-Disposition: form-data; name="ssn"\r\n\r\n';
}
