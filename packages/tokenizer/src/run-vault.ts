// Texts through the vault: grouped by format and tenant, spelled without separators, and set between them again.
import type { FieldsealError } from "@fieldseal/core/errors";
import type { Operation } from "./access/gate.ts";
import { bare, dressed } from "./formats/vault-formats.ts";
import type { Scope } from "./scopes.ts";
import type { TokenVault } from "./token-vault.ts";

/** One text for the vault. */
export interface VaultTask {
  readonly scope: Scope;
  /** The normalized text, with its separators. */
  readonly normal: string;
  readonly subject: string | undefined;
}

/** Stands for no tenant: names of tenants hold no control character. */
const noTenant = "\u0000";

/** Tokens for values or values for tokens, in order; each fails alone. */
export async function runVault(
  operation: Operation,
  tasks: readonly VaultTask[],
  vault: TokenVault,
  deterministic: boolean,
): Promise<(string | FieldsealError)[]> {
  const results: (string | FieldsealError)[] = new Array(tasks.length);
  const groups = new Map<string, number[]>();
  for (const [i, { scope }] of tasks.entries()) {
    const name = `${scope.format.name}\n${scope.tenant}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  for (const indexes of groups.values()) {
    const { vaultFormat: format, tenant } = tasks[indexes[0]!]!.scope;
    const texts = indexes.map((i) => bare(tasks[i]!.scope.format, tasks[i]!.normal));
    const scope = { format, tenant: tenant === "" ? noTenant : tenant };
    const answers =
      operation === "tokenize"
        ? await vault.tokenizeBatch(
            texts.map((value, k) => ({ value, ...subjectOf(tasks[indexes[k]!]!) })),
            { ...scope, deterministic },
          )
        : await vault.detokenizeBatch(texts, scope);
    for (const [k, i] of indexes.entries()) {
      const answer = answers[k]!;
      if ("error" in answer) results[i] = answer.error;
      else {
        const text = "token" in answer ? answer.token : answer.value;
        results[i] = dressed(tasks[i]!.scope.format, tasks[i]!.normal, text);
      }
    }
  }
  return results;
}

function subjectOf({ subject }: VaultTask): { subject?: string } {
  return subject === undefined ? {} : { subject };
}
