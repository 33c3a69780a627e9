import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LineLimits, lineBatches } from "./line-batches.ts";

async function batchesOf(chunks: readonly Uint8Array[], limits: LineLimits): Promise<string[][]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const batches: string[][] = [];
  for await (const batch of lineBatches(source(), limits)) batches.push(batch);
  return batches;
}

const line = fc.string({ unit: fc.constantFrom("a", "\r", "é", "😀"), maxLength: 6 });

describe("lineBatches", () => {
  it("gives the same lines however the bytes are cut, and no batch above its limit", async () => {
    const document = fc.record({ lines: fc.array(line, { maxLength: 20 }), size: fc.integer({ min: 1, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(document, fc.integer({ min: 1, max: 4 }), async ({ lines, size }, maxLines) => {
        const bytes = new TextEncoder().encode(lines.map((one) => `${one}\n`).join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const batches = await batchesOf(chunks, { maxLines, maxLength: 100 });
        expect(batches.flat()).toEqual(lines.map((one) => one.replace(/\r$/, "")));
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(maxLines);
      }),
    );
  });

  it("needs no end after the last line, and reads no line behind it", async () => {
    const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
    const limits = { maxLines: 9, maxLength: 9 };
    expect(await batchesOf(bytes("a\nb\r"), limits)).toEqual([["a", "b"]]);
    expect(await batchesOf(bytes("a\n\n"), limits)).toEqual([["a", ""]]);
    expect(await batchesOf([], limits)).toEqual([]);
  });

  it.each([
    ["BODY_TOO_LARGE", [Uint8Array.from({ length: 10 }, () => 65)]],
    ["BODY_TOO_LARGE", Array.from({ length: 10 }, () => Uint8Array.of(65))],
    ["BODY_NOT_UTF8", [Uint8Array.of(65, 0xff)]],
    ["BODY_NOT_UTF8", [Uint8Array.of(0xc3)]],
  ])("answers %s", async (code, chunks) => {
    await expect(batchesOf(chunks, { maxLines: 9, maxLength: 9 })).rejects.toMatchObject({ code });
  });
});
