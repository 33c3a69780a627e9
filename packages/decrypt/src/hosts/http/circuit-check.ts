// Readiness by the circuits to the keys: a service that must not ask for a key cannot open what is sealed under it. Pure.
import { FieldsealError } from "@fieldseal/core/errors";
import type { KeyCircuit } from "../../keys/provider.ts";

/** The check `keys`, for a ring with circuits: fails while every way to some key is open. */
export function circuitCheck(circuits: () => readonly KeyCircuit[]): Readonly<Record<string, () => Promise<void>>> {
  if (circuits().length === 0) return {};
  return {
    keys: async () => {
      const all = circuits();
      for (const { kid } of all) {
        if (all.every((one) => one.kid !== kid || one.state === "open")) {
          throw new FieldsealError("KMS_UNAVAILABLE", `the key "${kid}" is not asked for now`, {
            kid,
            retryable: true,
          });
        }
      }
    },
  };
}
