// Policies over the documents: which of the six fields of which records are sealed, and how.
import { type BenchDocument, sensitive } from "./documents.ts";
import type { BenchKey } from "./keys.ts";

export interface PolicyOptions {
  readonly format?: "native" | "jwe" | "direct";
  /** Requests share a data key. */
  readonly reuse?: boolean;
  /** How many of the six fields of a record are sealed. */
  readonly fields?: number;
  /** JSONPath of the records; the document's own unless given. */
  readonly root?: string;
}

/** Name of the rule for a sensitive path, as in `card-number`. */
export function ruleName(path: string): string {
  const [name = "", parent = ""] = path.split(".").reverse();
  return `${parent}-${name}`.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A policy of one route that covers every path. */
export function policyDocument(document: BenchDocument, key: BenchKey, options: PolicyOptions = {}): unknown {
  const selectors = sensitive.slice(0, options.fields).map((path) => ({
    name: ruleName(path),
    select: `${options.root ?? document.root}.${path}`,
  }));
  return policyOver(selectors, key, options);
}

/** The same over selectors of one's own. */
export function policyOver(
  selectors: readonly { readonly name: string; readonly select: string }[],
  key: BenchKey,
  { format = "native", reuse = false }: PolicyOptions = {},
): unknown {
  const ring = { alg: key.alg, publicKey: key.publicPem };
  return {
    version: 1,
    id: "bench",
    keys: { [key.kid]: reuse ? { ...ring, reuse: { maxAge: 3600, maxMessages: 2 ** 32, maxBytes: 2 ** 50 } } : ring },
    routes: [
      {
        path: "/**",
        context: { app: "bench" },
        fields: selectors.map(({ name, select }, index) => ({
          name,
          select,
          action: "encrypt",
          key: key.kid,
          ...(format === "native" ? {} : { format }),
          ...(format === "direct" ? { prefix: `#E${index}#`, suffix: `#${index}E#` } : {}),
        })),
        limits: { maxFields: 100_000, maxOutputBytes: 1_398_101 },
      },
    ],
  };
}

/** A policy of one selector, perhaps one that goes on in strings, under the limits that policies have by default. */
export function policyOfOne(select: string, key: BenchKey, within?: "json"): unknown {
  const rule = { name: "field", select, action: "encrypt", key: key.kid };
  return {
    version: 1,
    id: "bench",
    keys: { [key.kid]: { alg: key.alg, publicKey: key.publicPem } },
    routes: [{ path: "/**", fields: [within === undefined ? rule : { ...rule, within }] }],
  };
}
