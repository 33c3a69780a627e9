// A policy's file, as every command that seals reads it. I/O.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { parsePolicy } from "@fieldseal/edge-encrypt";
import { refuseSecrets } from "../bundle/refuse-secrets.ts";
import { withHint } from "../errors/with-hint.ts";
import { type JsonFile, readJsonFile } from "../json-file.ts";

/**
 * Reads and parses a policy; `check` may refuse more of it. A private key is told as such, before anything else.
 *
 * @throws {FieldsealError} `FILE_UNREADABLE`; `SECRET_KEY_REFUSED` and the codes of `parsePolicy` and `check`, with file,
 * line and column.
 */
export function readPolicyFile(file: string, check: (policy: Policy) => void = () => {}): Promise<JsonFile<Policy>> {
  return readJsonFile(file, "POLICY_INVALID", (value) => {
    refuseSecrets(value);
    try {
      const policy = parsePolicy(value);
      check(policy);
      return policy;
    } catch (error) {
      throw withHint(error, isOfPath(error) ? { POLICY_INVALID: pathHint } : hints);
    }
  });
}

const hints = {
  FINGERPRINT_MISMATCH: "find out who replaced the key, or the fingerprint, before you pin another one",
  SELECTOR_INVALID: "write $.items[*].name; names with other signs than letters, digits and _ as in $['tax-id']",
} as const;

const pathHint = "begin with /; * is one whole segment, ** any number, {id} one by name; no host and no query";

function isOfPath(error: unknown): boolean {
  return error instanceof FieldsealError && /^\/routes\/\d+\/path$/.test(error.pointer ?? "");
}
