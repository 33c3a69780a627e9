// The handler of a deployment package: bundled, zipped, unzipped and loaded, as Lambda would. I/O: a temporary folder.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Policy } from "@fieldseal/edge-encrypt";
import { type EdgeRequestHandler, loadHandler } from "@fieldseal/emulator";
import { unzipSync } from "fflate";
import { compilePolicy } from "../../../packages/cli/src/bundle/compile-policy.ts";
import { createBundle, type HandlerOptions } from "../../../packages/cli/src/bundle/write-module.ts";
import { root } from "../../repo/workspace.ts";

/** Loads the handler that a bundle of `policy` has; `onLine` gets what it writes to the console, parsed. */
export async function shippedHandler(
  policy: Policy,
  options: HandlerOptions,
  onLine: (line: unknown) => void,
): Promise<EdgeRequestHandler> {
  const runtime = readFileSync(path.join(root, "packages/cli/dist/bundle/edge-runtime.js"), "utf8");
  const { zip } = createBundle(compilePolicy(policy), options, runtime);
  const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-edge-"));
  try {
    for (const [name, bytes] of Object.entries(unzipSync(zip))) writeFileSync(path.join(folder, name), bytes);
    const handler = await loadHandler(folder);
    return (event, context) => listening(onLine, () => handler(event, context));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function listening<T>(onLine: (line: unknown) => void, run: () => Promise<T>): Promise<T> {
  const { log, warn } = console;
  console.log = console.warn = (text: string) => onLine(JSON.parse(text));
  try {
    return await run();
  } finally {
    Object.assign(console, { log, warn });
  }
}
