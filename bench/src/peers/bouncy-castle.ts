// Bouncy Castle's FF1 through a JDK, where one is installed with Debian's libbcprov-java.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const jar = "/usr/share/java/bcprov.jar";
const source = join(import.meta.dirname, "Ff1Bench.java");

export interface Ff1Work {
  readonly key: Buffer;
  readonly radix: number;
  readonly values: readonly (readonly number[])[];
  readonly tweaks: readonly Buffer[];
}

export interface Ff1Outcome {
  /** Numerals of each token, joined by commas. */
  readonly tokens: readonly string[];
  /** Processor time for one value. */
  readonly microseconds: number;
}

/** Runs the work in a JVM; returns why not where there is none. */
export function bouncyCastle({ key, radix, values, tweaks }: Ff1Work): Ff1Outcome | string {
  if (!existsSync(jar)) return "libbcprov-java is not installed";
  if (spawnSync("javac", ["-version"]).status !== 0) return "there is no JDK";
  const folder = mkdtempSync(join(tmpdir(), "fieldseal-bench-"));
  execFileSync("javac", ["-cp", jar, "-d", folder, source], { stdio: ["ignore", "ignore", "inherit"] });
  const lines = values.map((value, i) => `${tweaks[i]!.toString("hex")} ${value.join(",")}`);
  const input = [`${key.toString("hex")} ${radix}`, ...lines, ""].join("\n");
  const output = execFileSync("java", ["-cp", `${folder}:${jar}`, "Ff1Bench"], { input, encoding: "utf8" });
  const [microseconds, ...tokens] = output.trim().split("\n");
  return { microseconds: Number(microseconds), tokens };
}
