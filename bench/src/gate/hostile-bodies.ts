// Bodies of 1 MB that ask for as much work as a grammar allows.
import { Buffer } from "node:buffer";

const size = 1_000_000;

/** Each is refused or sealed; neither may take long. */
export function hostileBodies(): { readonly name: string; readonly bytes: Buffer }[] {
  return [
    { name: "`[`", bytes: Buffer.alloc(size, "[") },
    { name: "one name", bytes: Buffer.from(`{"${"s".repeat(size)}":1}`) },
    { name: "duplicate names", bytes: Buffer.from(`{${filled('"items":0,')}"items":0}`) },
    { name: "near names", bytes: Buffer.from(`{${filled('"I-tems_":0,')}"x":0}`) },
    { name: "escaped names", bytes: Buffer.from(`{${filled('"\\u0069tems":0,')}"x":0}`) },
    { name: "tiny fields", bytes: Buffer.from(`{${filled('"a":0,')}"a":0}`) },
    { name: "tiny objects", bytes: Buffer.from(`[${filled('{"person":{}},')}0]`) },
    { name: "escapes", bytes: Buffer.from(`["${filled("\\u0041")}"]`) },
  ];
}

function filled(unit: string): string {
  return unit.repeat(Math.floor(size / unit.length));
}
