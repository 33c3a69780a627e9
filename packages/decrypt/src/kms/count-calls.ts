// Counts what a KMS client really sends: every attempt, retries included.
import type { KMSClient } from "@aws-sdk/client-kms";

/** Requests sent so far, by operation: `{ Decrypt: 3 }`. */
export type KmsCalls = Readonly<Record<string, number>>;

const counts = new WeakMap<KMSClient, Map<string, number>>();

/** Counts the calls of `client` from the first time on that it is asked for; several rings of one client share a count. */
export function callCounter(client: KMSClient): () => KmsCalls {
  const known = counts.get(client);
  const count = known ?? new Map<string, number>();
  if (known === undefined) {
    counts.set(client, count);
    // The retry loop runs earlier in this step: what comes after it runs once for each attempt.
    client.middlewareStack.add(
      (next, context) => (input) => {
        const name = String(context.commandName ?? "").replace(/Command$/, "");
        count.set(name, (count.get(name) ?? 0) + 1);
        return next(input);
      },
      { step: "finalizeRequest", priority: "low", name: "fieldsealCallCounter", tags: ["FIELDSEAL"] },
    );
  }
  return () => Object.fromEntries(count);
}
