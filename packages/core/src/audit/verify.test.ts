import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainedLine, chainEvent, closeChain, openChain } from "./chain.ts";
import { type Checkpoint, readCheckpoint, signCheckpoint } from "./checkpoint.ts";
import type { AuditEvent } from "./event.ts";
import { hashTorn, type LinePosition } from "./line.ts";
import { type ChainReport, createChainVerifier, verifyChain } from "./verify.ts";

const primitives = { sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest() };
const time = "2026-11-22T10:00:00.000Z";
const event = (field: string): AuditEvent => ({
  time,
  principal: "role:support",
  purpose: undefined,
  requestId: "r-1",
  field,
  kid: "pii-1",
  envelope: "A".repeat(43),
  format: "native",
  binding: "field",
  outcome: "opened",
});

let count = 0;
function writerOf(events: number, options: { joins?: LinePosition; torn?: string[]; close?: boolean } = {}) {
  const { joins = null, torn = [], close = true } = options;
  const writer = String(count++).padStart(22, "w");
  const lines: ChainedLine[] = [openChain({ writer, time, joins, torn }, primitives)];
  for (let i = 0; i < events; i++) lines.push(chainEvent(lines.at(-1)!, event(`field-${i}`), primitives));
  if (close) lines.push(closeChain(lines.at(-1)!, time, primitives));
  return lines;
}
const bytesOf = (lines: readonly { text: string }[]): Uint8Array[] => lines.map(({ text }) => Buffer.from(text));
const verify = (lines: readonly { text: string }[], checkpoints: Checkpoint[] = []): ChainReport =>
  verifyChain(bytesOf(lines), primitives, checkpoints);

const hmac = {
  alg: "test",
  key: "k",
  sign: async (message: Uint8Array) => createHash("sha256").update("secret").update(message).digest(),
  verify: async (message: Uint8Array, signature: Uint8Array) =>
    createHash("sha256").update("secret").update(message).digest().equals(signature),
};
async function checkpointAt(last: LinePosition, final = false): Promise<Checkpoint> {
  const read = await readCheckpoint(Buffer.from(await signCheckpoint({ last, time, final }, hmac)), hmac);
  expect(read?.valid).toBe(true);
  return read!.checkpoint;
}

describe("a chain", () => {
  it("verifies as it was written, and says that its tail is unproven without checkpoints", () => {
    const lines = writerOf(5);
    expect(verify(lines)).toMatchObject({ ok: true, lines: 7, events: 5, problems: [], tail: "unproven" });
  });

  it("is proven by a checkpoint at its end", async () => {
    const lines = writerOf(5);
    const report = verify(lines, [await checkpointAt(lines.at(-1)!, true)]);
    expect(report).toMatchObject({ ok: true, tail: "proven" });
    expect(report.writers[0]).toMatchObject({ closed: true, unproven: 0, events: 5 });
  });

  it("breaks at the very line that was changed, whichever byte it is", () => {
    const lines = writerOf(4);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, where, flip) => {
        const changed = bytesOf(lines);
        const line = changed[at]!;
        line[where % line.length]! ^= flip;
        // A line feed would make two lines of one.
        fc.pre(!line.includes(0x0a));
        const { ok, problems } = verifyChain(changed, primitives);
        expect(ok).toBe(false);
        expect(problems[0]).toEqual({ kind: "line-broken", line: at + 1 });
      }),
    );
  });

  it("breaks behind a line that was written anew with a hash of its own", () => {
    const lines = writerOf(4);
    lines[2] = chainEvent(lines[1]!, event("another"), primitives);
    expect(verify(lines).problems[0]).toEqual({ kind: "line-broken", line: 4 });
  });

  it("breaks where a line is missing, doubled or moved", () => {
    const lines = writerOf(4);
    expect(verify(lines.toSpliced(2, 1)).problems[0]).toEqual({ kind: "line-broken", line: 3 });
    expect(verify(lines.toSpliced(2, 0, lines[2]!)).problems[0]).toEqual({ kind: "line-broken", line: 4 });
    const moved = lines.toSpliced(2, 2, lines[3]!, lines[2]!);
    expect(verify(moved).problems[0]).toEqual({ kind: "line-broken", line: 3 });
  });

  it("breaks where a line's number does not follow, though its hashes do", () => {
    const [open] = writerOf(0);
    const skipped = chainEvent({ ...open!, seq: 4 }, event("field"), primitives);
    expect(verify([open!, skipped]).problems).toEqual([{ kind: "line-broken", line: 2 }]);
  });

  it("breaks at its first line where its head was cut off", () => {
    expect(verify(writerOf(4).slice(2)).problems).toEqual([{ kind: "line-broken", line: 1 }]);
  });

  it("tells a cut tail by the checkpoint behind it", async () => {
    const lines = writerOf(5, { close: false });
    const checkpoint = await checkpointAt(lines[5]!);
    expect(verify(lines.slice(0, 4), [checkpoint]).problems).toEqual([
      { kind: "tail-cut", writer: lines[0]!.writer, found: 3, expected: 5 },
    ]);
    expect(verify(lines.slice(0, 4)).ok).toBe(true);
  });

  it("is told from another one of the same length by a checkpoint", async () => {
    const lines = writerOf(3);
    const checkpoint = await checkpointAt(lines[3]!);
    const rewritten = [lines[0]!];
    for (let i = 0; i < 3; i++) rewritten.push(chainEvent(rewritten.at(-1)!, event(`other-${i}`), primitives));
    const { writer } = lines[0]!;
    expect(verify(rewritten, [checkpoint]).problems).toEqual([{ kind: "checkpoint-differs", writer, seq: 3, line: 4 }]);
  });

  it("is missed where a checkpoint or a later writer names it", async () => {
    const first = writerOf(2);
    const second = writerOf(2, { joins: first.at(-1)! });
    const { writer } = first[0]!;
    expect(verify(second).problems).toEqual([{ kind: "writer-missing", writer }]);
    expect(verify(writerOf(1), [await checkpointAt(first[0]!)]).problems).toEqual([{ kind: "writer-missing", writer }]);
  });

  it("is missed in part where a later writer names a line that is cut off", () => {
    const first = writerOf(2, { close: false });
    const second = writerOf(2, { joins: first.at(-1)! });
    const { writer } = first[0]!;
    expect(verify([...first, ...second]).ok).toBe(true);
    expect(verify([...first.slice(0, 2), ...second]).problems).toEqual([
      { kind: "tail-cut", writer, found: 1, expected: 2 },
    ]);
  });

  it("breaks where two checkpoints vouch for different lines at one place", async () => {
    const lines = writerOf(3);
    const other = chainEvent(lines[2]!, event("other"), primitives);
    const [right, wrong] = [await checkpointAt(lines[3]!), await checkpointAt(other)];
    expect(verify(lines, [right, right]).ok).toBe(true);
    const differs = [{ kind: "checkpoint-differs", writer: lines[0]!.writer, seq: 3, line: 4 }];
    expect(verify(lines, [wrong, right]).problems).toEqual(differs);
    expect(verify(lines, [right, wrong]).problems).toEqual(differs);
  });

  it("is held against as many checkpoints as years make", async () => {
    const lines = writerOf(3);
    const checkpoint = await checkpointAt(lines[3]!);
    const many = Array.from({ length: 300_000 }, (_, seq) => ({ ...checkpoint, seq: seq + 10 }));
    const { writer } = lines[0]!;
    expect(verify(lines, many).problems).toEqual([{ kind: "tail-cut", writer, found: 4, expected: 300_009 }]);
  });

  it.each([
    ["an event", (line: object, deep: unknown) => ({ ...line, event: { ...event("a"), purpose: deep } })],
    ["a time", (line: object, deep: unknown) => ({ ...line, time: deep })],
    ["a hash", (line: object, deep: unknown) => ({ ...line, hash: deep })],
  ])("breaks at a line with any depth of brackets in %s, and at an outcome that is none", (_, change) => {
    const lines = bytesOf(writerOf(3));
    const line = JSON.parse(Buffer.from(lines.at(-1)!).toString()) as object;
    const deep = JSON.stringify(change(line, "DEEP")).replace('"DEEP"', "[".repeat(100_000) + "]".repeat(100_000));
    const broken = [{ kind: "line-broken", line: 5 }];
    expect(verifyChain([...lines.slice(0, 4), Buffer.from(deep)], primitives).problems).toEqual(broken);
    const start = writerOf(0, { close: false });
    const odd = chainEvent(start[0]!, { ...event("a"), outcome: "__proto__" as "opened" }, primitives);
    expect(verify([...start, odd]).ok).toBe(false);
  });

  it("is held against checkpoints alone: a line that has others' members is none", async () => {
    const line = await signCheckpoint({ last: writerOf(0)[0]!, time, final: false }, hmac);
    for (const [from, to] of [
      [/"signature":"[^"]*","time"/, '"signature,time"'],
      ['"type":"checkpoint"', '"type":"other"'],
      [/"time":"[^"]*"/, '"time":1'],
    ] as const) {
      expect(line).toMatch(from);
      expect(await readCheckpoint(Buffer.from(line.replace(from, to)), hmac)).toBeNull();
    }
  });

  it("may be mixed with other writers' lines", () => {
    const [a, b] = [writerOf(3), writerOf(3)];
    const mixed = a.flatMap((line, index) => [line, b[index]!]);
    expect(verify(mixed)).toMatchObject({ ok: true, events: 6 });
  });
});

describe("a line that a crash cut off", () => {
  const lines = writerOf(3, { close: false });
  const fragment = Buffer.from(lines[3]!.text).subarray(0, 40);
  const begin = (torn: string[]) => writerOf(1, { joins: lines[2]!, torn });

  it("leaves the chain verifiable, before and after the next writer closed it", () => {
    const verifier = createChainVerifier(primitives);
    for (const bytes of bytesOf(lines.slice(0, 3))) verifier.add(bytes);
    verifier.add(fragment, false);
    expect(verifier.end()).toMatchObject({ ok: true, endsTorn: true });
    const after = [...bytesOf(lines.slice(0, 3)), fragment, ...bytesOf(begin([hashTorn(fragment, primitives)]))];
    expect(verifyChain(after, primitives)).toMatchObject({ ok: true, torn: 1, events: 3, endsTorn: false });
  });

  it("may be all there is, and what never was one makes another file no trail", () => {
    const broken = [{ kind: "line-broken", line: 1 }];
    const report = (...texts: string[]): ChainReport => {
      const verifier = createChainVerifier(primitives);
      for (const [index, text] of texts.entries()) verifier.add(Buffer.from(text), index < texts.length - 1);
      return verifier.end();
    };
    const [open] = writerOf(0);
    for (let length = 0; length < open!.text.length; length += 7) {
      expect(report(open!.text.slice(0, length))).toMatchObject({ ok: true, endsTorn: true });
    }
    expect(report('{ "version": 1,', '"id": "p" }')).toMatchObject({ ok: false, problems: broken });
    expect(report("{", '  "version": 1', "}")).toMatchObject({ ok: false, problems: broken });
    expect(report("PRINCIPAL,FIELD")).toMatchObject({ ok: false, problems: broken });
  });

  it("is a broken line where no writer closed it, or closed another", () => {
    const broken = [{ kind: "line-broken", line: 4 }];
    const before = [...bytesOf(lines.slice(0, 3)), fragment];
    expect(verifyChain(before, primitives).problems).toEqual(broken);
    expect(verifyChain([...before, ...bytesOf(begin([]))], primitives).problems).toEqual(broken);
    const other = begin([hashTorn(fragment.subarray(1), primitives)]);
    expect(verifyChain([...before, ...bytesOf(other)], primitives).problems).toEqual(broken);
    // What the recovery line names was taken out.
    expect(verifyChain([...before.slice(0, 3), ...bytesOf(other)], primitives).problems).toEqual(broken);
  });
});

describe("a checkpoint", () => {
  it("verifies only as it was signed", async () => {
    const line = Buffer.from(await signCheckpoint({ last: writerOf(1)[1]!, time, final: false }, hmac));
    for (const at of line.keys()) {
      const changed = Buffer.from(line);
      changed[at]! ^= 1;
      expect((await readCheckpoint(changed, hmac))?.valid ?? false).toBe(false);
    }
    expect((await readCheckpoint(line, { ...hmac, key: "other" }))?.valid).toBe(false);
  });
});
