// FF1 against other engines: on Node, and Bouncy Castle where a JDK and its jar are installed.
import { createCipheriv, randomBytes, randomInt } from "node:crypto";
import { createFf1 } from "@fieldseal/tokenizer/ff1";
import { FF1 } from "@noble/ciphers/ff1.js";
import ff3 from "ff3";
import { type Contender, measure } from "../measure.ts";
import { bouncyCastle } from "../peers/bouncy-castle.ts";
import type { Comparison, Figures, Part } from "../result.ts";

const shapes = [
  { name: "PAN: radix 10, 16 digits", radix: 10, length: 16 },
  { name: "radix 36, 19 characters", radix: 36, length: 19 },
  { name: "radix 62, 16 characters", radix: 62, length: 16 },
] as const;
const batch = 512;
const wholeBatch = /batch|^raw/;

export async function ff1(): Promise<readonly Part[]> {
  const key = randomBytes(32);
  const cases: Comparison["cases"][number][] = [];
  const java: (string | number)[][] = [];
  let skipped: string | null = null;
  for (const { name, radix, length } of shapes) {
    const engine = createFf1({ key, radix });
    const values = Array.from({ length: batch }, () => Array.from({ length }, () => randomInt(radix)));
    const tweaks = values.map(() => randomBytes(8));
    const noble = (i: number): number[] => FF1(radix, key, tweaks[i]!).encrypt(values[i]!);
    const tokens = engine.encryptBatch(values, tweaks);
    for (let i = 0; i < batch; i++) {
      for (const other of [engine.encrypt(values[i]!, tweaks[i]!), noble(i)]) {
        if (other.join() !== tokens[i]!.join()) throw new Error(`${name}: the contenders disagree`);
      }
    }
    let next = 0;
    const each = (run: (i: number) => unknown) => (): void => {
      next = (next + 1) % batch;
      run(next);
    };
    const contenders: Contender[] = [
      { name: `fieldseal, batch of ${batch}, each value`, run: () => engine.encryptBatch(values, tweaks) },
      { name: "fieldseal, one value", run: each((i) => engine.encrypt(values[i]!, tweaks[i]!)) },
      { name: "@noble/ciphers FF1", run: each(noble) },
    ];
    if (radix <= 36) {
      const texts = values.map((numerals) => numerals.map((numeral) => numeral.toString(radix)).join(""));
      const cipher = new ff3(key.toString("hex"), tweaks[0]!.subarray(0, 7).toString("hex"), radix);
      contenders.push({ name: "ff3 (FF3-1, another algorithm)", run: each((i) => cipher.encrypt(texts[i]!)) });
    }
    // FF1 takes ten rounds; their blocks at once are what the platform charges at least.
    const ecb = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    const blocks = randomBytes(batch * 10 * 16);
    contenders.push({ name: "raw: ten AES blocks each, one ECB call", run: () => ecb.update(blocks) });
    const rows = perValue(await measure(contenders));
    cases.push({ name, rows });
    const castle = bouncyCastle({ key, radix, values, tweaks });
    if (typeof castle === "string") {
      skipped = castle;
    } else {
      if (castle.tokens.join(";") !== tokens.map((token) => token.join(",")).join(";")) {
        throw new Error(`${name}: Bouncy Castle disagrees`);
      }
      const ours = rows[0]!.microseconds;
      const times = Math.round((castle.microseconds / ours) * 10) / 10;
      java.push([name, round(ours), round(castle.microseconds), times]);
    }
  }
  const comparison: Comparison = {
    kind: "comparison",
    name: "ff1",
    title: "FF1, AES-256, tweaks of 8 bytes",
    note: `Time for each value. ff3 is no peer, since FF3-1 is another algorithm, which NIST has withdrawn; it is shown for orientation.${skipped === null ? "" : ` Bouncy Castle: skipped, ${skipped}.`}`,
    cases,
  };
  const castle: Figures = {
    kind: "figures",
    name: "bouncy-castle",
    title: "FF1 against Bouncy Castle",
    note: "FPEFF1Engine of Bouncy Castle in a warm JVM of its own, right after ours: processor time of the calling thread, best of its spells, against our median.",
    columns: ["shape", "fieldseal batch, us each", "Bouncy Castle, us each", "times as long"],
    rows: java,
  };
  return java.length === 0 ? [comparison] : [comparison, castle];
}

/** Some rows are whole batches: everything in terms of one value of it. */
function perValue(rows: Comparison["cases"][number]["rows"]): Comparison["cases"][number]["rows"] {
  return rows.map((row) => {
    if (wholeBatch.test(row.name)) return { ...row, microseconds: row.microseconds / batch };
    const [low, high] = row.spread;
    return {
      ...row,
      times: row.times * batch,
      spread: [low * batch, high * batch],
      undisturbed: row.undisturbed * batch,
      wall: row.wall * batch,
    };
  });
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
