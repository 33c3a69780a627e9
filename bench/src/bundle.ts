// The edge function in one minified file: made by esbuild with the policy's parser, so that one file serves many
// policies, and as `fieldseal bundle` makes it for one.
import { execFileSync } from "node:child_process";
import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CloudFrontRequestEvent } from "aws-lambda";
import { build } from "esbuild";

export interface EdgeBundle {
  readonly file: string;
  readonly bytes: number;
  /** A handler for another policy, of the very same code. */
  readonly handlerFor: (policy: unknown) => EdgeHandler;
}

export type EdgeHandler = (event: CloudFrontRequestEvent) => Promise<EdgeResult>;

/** A forwarded request, or a generated response. */
export interface EdgeResult {
  readonly status?: string;
  readonly body?: { readonly data: string };
}

const command = join(import.meta.dirname, "../../packages/cli/bin/fieldseal.mjs");

/** What is deployed for a policy. */
export function deployedBundle(policy: unknown): Pick<EdgeBundle, "file" | "bytes"> {
  const folder = mkdtempSync(join(tmpdir(), "fieldseal-bench-"));
  writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
  execFileSync(process.execPath, [command, "bundle", "--policy", join(folder, "policy.json"), "--out", folder], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const file = join(folder, "index.mjs");
  return { file, bytes: statSync(file).size };
}

const entry = (policy: unknown): string => `
import { createOriginRequestHandler, parsePolicy } from "@fieldseal/edge-encrypt";
export const handlerFor = (policy) => createOriginRequestHandler({ policy: parsePolicy(policy), log: () => {} });
export const handler = handlerFor(${JSON.stringify(policy)});
`;

/** Bundles the handler of `policy` and loads it. */
export async function bundleEdge(policy: unknown): Promise<EdgeBundle> {
  const file = join(mkdtempSync(join(tmpdir(), "fieldseal-bench-")), "index.mjs");
  const { outputFiles } = await build({
    stdin: { contents: entry(policy), resolveDir: import.meta.dirname, loader: "js" },
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node22",
    legalComments: "none",
    logLevel: "error",
    write: false,
  });
  const [output] = outputFiles;
  writeFileSync(file, output!.contents);
  const { handlerFor } = (await import(pathToFileURL(file).href)) as Pick<EdgeBundle, "handlerFor">;
  return { file, bytes: output!.contents.length, handlerFor };
}
