// A process that makes a large sealed NDJSON body, opens it through decryptStream, and says how much memory that took.
// Started by memory.test.ts with the size in bytes, a private key in PEM and one sealed line as its input.
import { readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pemKeys } from "@fieldseal/decrypt";
import { decryptStream } from "@fieldseal/decrypt/stream";

const { size, pem, lines } = JSON.parse(readFileSync(0, "utf8")) as { size: number; pem: string; lines: string[] };

function* source(): Generator<Buffer> {
  const chunk = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  for (let made = 0; made < size; made += chunk.length) yield chunk;
}

let highest = 0;
const watch = setInterval(() => {
  highest = Math.max(highest, process.memoryUsage.rss());
}, 20);
let bytes = 0;
let opened = 0;
const opening = decryptStream({
  keys: pemKeys({ "pii-1": pem }),
  access: { rules: [{ principal: "role:lake", fields: { "*": "full" } }] },
  expect: { ssn: "$..ssn", email: "$.contact.email", "card-number": "$.payments[*].card.number" },
  caller: { principal: "role:lake" },
  mediaType: "application/x-ndjson",
});
const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    bytes += chunk.length;
    for (let at = chunk.indexOf("536-90-4399"); at >= 0; at = chunk.indexOf("536-90-4399", at + 1)) opened++;
    // A slow reader: everything before it has to wait.
    setImmediate(done);
  },
});
await pipeline(Readable.from(source()), opening, sink);
clearInterval(watch);
process.stdout.write(JSON.stringify({ highest, bytes, opened }));
