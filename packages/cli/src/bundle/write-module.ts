// The source of the edge function: policy and options as constants, then the built runtime. Pure.
import { createHash } from "node:crypto";
import type { OriginRequestOptions } from "@fieldseal/edge-encrypt";
import { type Zippable, zipSync } from "fflate";

/** What the handler is told besides its policy. */
export type HandlerOptions = Pick<
  OriginRequestOptions,
  "mode" | "requestLog" | "originPayloadHash" | "bodyDigests" | "receiptKeyHeader"
>;

/** An edge function, ready to be deployed. */
export interface EdgeBundle {
  /** `index.mjs`. */
  readonly module: Uint8Array;
  /** The deployment package: that file alone, the same bytes for the same policy everywhere. */
  readonly zip: Uint8Array;
  /** SHA-256 of the zip, as hexadecimal and as Lambda's CodeSha256. */
  readonly sha256: string;
  readonly codeSha256: string;
}

/** Joins policy, options and runtime. JSON.parse of a string, since in a literal a member `__proto__` would mean something. */
export function createBundle(compiledPolicy: string, options: HandlerOptions, runtime: string): EdgeBundle {
  const constant = JSON.stringify(compiledPolicy).replace(
    /[\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16)}`,
  );
  const constants = `const FIELDSEAL_POLICY=JSON.parse(${constant}),FIELDSEAL_OPTIONS=${JSON.stringify(options)};`;
  const module = Buffer.from(`${constants}\n${runtime}`);
  const zip = zipSync({ "index.mjs": [module, reproducible] });
  const digest = createHash("sha256").update(zip).digest();
  return { module, zip, sha256: digest.toString("hex"), codeSha256: digest.toString("base64") };
}

// DOS time is local time without a zone: a local date gives the same bytes in every time zone.
const reproducible: Exclude<Zippable[string], Uint8Array | Zippable>[1] = {
  mtime: new Date(1980, 0, 1),
  level: 9,
  os: 3,
  attrs: (0o100644 << 16) >>> 0,
};
