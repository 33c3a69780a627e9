// Bodies of 1 MB that ask for as much work as a grammar allows.
import { Buffer } from "node:buffer";

const size = 1_000_000;

export interface HostileBody {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
  /** The one selector of its policy, and whether that goes on in strings; without it, six below any `items`. */
  readonly select?: string;
  readonly within?: "json";
}

/** Each is refused or sealed; neither may take long. */
export function hostileBodies(): HostileBody[] {
  return [...jsonBodies(), ...countedBodies(), ...stringsOfJson()];
}

function jsonBodies(): HostileBody[] {
  const bodies = [
    { name: "`[`", bytes: Buffer.alloc(size, "[") },
    { name: "one name", bytes: Buffer.from(`{"${"s".repeat(size)}":1}`) },
    { name: "duplicate names", bytes: Buffer.from(`{${filled('"items":0,')}"items":0}`) },
    { name: "near names", bytes: Buffer.from(`{${filled('"I-tems_":0,')}"x":0}`) },
    { name: "escaped names", bytes: Buffer.from(`{${filled('"\\u0069tems":0,')}"x":0}`) },
    { name: "tiny fields", bytes: Buffer.from(`{${filled('"a":0,')}"a":0}`) },
    { name: "tiny objects", bytes: Buffer.from(`[${filled('{"person":{}},')}0]`) },
    { name: "escapes", bytes: Buffer.from(`["${filled("\\u0041")}"]`) },
  ];
  return bodies.map((body) => ({ ...body, mediaType: "application/json" }));
}

/** Under an index that counts from the end: everything of that name has to be counted first. */
function countedBodies(): HostileBody[] {
  const select = "$..items[-1]";
  const bodies = [
    { name: "arrays", mediaType: "application/json", select, text: `[${filled("[],")}0]` },
    { name: "lines", mediaType: "application/x-ndjson", select, text: filled("[]\n") },
    { name: "elements", mediaType: "application/xml", select, text: `<r>${filled("<a/>")}</r>` },
    { name: "elements of many names", mediaType: "application/xml", select, text: `<r>${numbered("<a", "/>")}</r>` },
    { name: "elements in elements", mediaType: "application/xml", select, text: `<r>${filled("<a><b/></a>")}</r>` },
    { name: "attributes", mediaType: "application/xml", select, text: `<r>${filled('<a b=""/>')}</r>` },
    { name: "counted elements", mediaType: "application/xml", select, text: `<r>${filled("<items/>")}</r>` },
    { name: "pairs", mediaType: form, select: "$.items[-1]", text: filled("a&") },
    { name: "pairs of many names", mediaType: form, select: "$.items[-1]", text: numbered("", "&") },
    { name: "pairs with escapes", mediaType: form, select: "$.items[-1]", text: filled("%61&") },
    { name: "counted pairs", mediaType: form, select: "$.items[-1]", text: filled("items&") },
  ];
  return bodies.map(({ text, ...body }) => ({ ...body, name: `tiny ${body.name}`, bytes: Buffer.from(text) }));
}

/** Strings that a selector goes on in. */
function stringsOfJson(): HostileBody[] {
  const bodies = [
    { name: "arrays in strings", text: `[${filled('"[]",')}0]` },
    { name: "one string of JSON", text: JSON.stringify(`[${filled("0,")}0]`) },
    { name: "strings of broken JSON", text: `[${filled('"[",')}0]` },
    { name: "strings of JSON in a string", text: `[${JSON.stringify(`[${filled('"[",')}0]`)}]` },
  ];
  return bodies.map(({ name, text }) => {
    const bytes = Buffer.from(text);
    return { name, bytes, mediaType: "application/json", select: "$..items", within: "json" };
  });
}

const form = "application/x-www-form-urlencoded";

function numbered(before: string, behind: string): string {
  let text = "";
  for (let i = 0; text.length < size; i++) text += `${before}${i.toString(36)}${behind}`;
  return text;
}

function filled(unit: string): string {
  return unit.repeat(Math.floor(size / unit.length));
}
