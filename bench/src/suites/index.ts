// All suites by name, in the order of the report.
import type { Suite } from "../result.ts";

/** Loads a suite; its peers are loaded with it, and only then. */
export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  "edge-request": async () => (await import("./edge-request.ts")).edgeRequest,
  "select-and-splice": async () => (await import("./select-and-splice.ts")).selectAndSplice,
  encrypt: async () => (await import("./encrypt.ts")).encrypt,
  decrypt: async () => (await import("./decrypt.ts")).decrypt,
  "kms-calls": async () => (await import("./kms-calls.ts")).kmsCalls,
  ff1: async () => (await import("./ff1.ts")).ff1,
  vault: async () => (await import("./vault.ts")).vault,
  growth: async () => (await import("./growth.ts")).growth,
};
