import { describe, expect, it } from "vitest";
import { createProgress, type Progress } from "./progress.ts";

let time = 0;
const written: string[] = [];
const progressOf = (total: number | null): Progress => {
  time = 0;
  written.length = 0;
  return createProgress({ total, now: () => time, write: (text) => void written.push(text) });
};

describe("progress", () => {
  it("is one line that is cleared before it is written anew, ten times a second at most, and taken away", () => {
    const { advance, end } = progressOf(10_000_000);
    for (time = 0; time <= 1000; time += 10) advance(50_000);
    end();
    expect(written).toHaveLength(9 + 1);
    expect(written[0]).toBe(`\r\u001b[K[${"=".repeat(3).padEnd(30)}]  10 % of 10.0 MB, 5.3 MB/s`);
    expect(written.every((text) => text.startsWith("\r\u001b[K"))).toBe(true);
    expect(written.at(-1)).toBe("\r\u001b[K");
  });

  it("says how much where nobody knows of how much", () => {
    const { advance } = progressOf(null);
    time = 2000;
    advance(3_000_000);
    expect(written).toEqual(["\r\u001b[K3.0 MB, 1.5 MB/s"]);
  });

  it("shows nothing of what is done at once", () => {
    const { advance, end } = progressOf(10);
    time = 199;
    advance(10);
    end();
    expect(written).toEqual([]);
  });
});
