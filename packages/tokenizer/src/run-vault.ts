// Texts through the vault: grouped by format, field and tenant, spelled without separators, and set between them again.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Operation } from "./access/gate.ts";
import { bare, dressed } from "./formats/vault-formats.ts";
import type { Scope } from "./scopes.ts";
import { noTenant, type TokenVault } from "./token-vault.ts";

/** Groups that are with the vault at a time. */
const groupsAtOnce = 8;

/** One text for the vault. */
export interface VaultTask {
  readonly scope: Scope;
  /** The normalized text, with its separators. */
  readonly normal: string;
  readonly subject: string | undefined;
}

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
    const name = `${scope.vaultFormat.name}\n${scope.tenant}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  // Whoever is free takes the next group: with many tenants, one after the other would wait for the store each time.
  const waiting = groups.values();
  const ask = async (): Promise<void> => {
    for (const indexes of waiting) {
      const group = indexes.map((i) => tasks[i]!);
      const answers = await askVault(operation, group, vault, deterministic);
      for (const [k, i] of indexes.entries()) results[i] = answers[k]!;
    }
  };
  await Promise.all(Array.from({ length: groupsAtOnce }, ask));
  return results;
}

/** Answers to tasks of one format, field and tenant; a vault that fails as a whole fails these, and no others. */
async function askVault(
  operation: Operation,
  tasks: readonly VaultTask[],
  vault: TokenVault,
  deterministic: boolean,
): Promise<(string | FieldsealError)[]> {
  const { vaultFormat, tenant } = tasks[0]!.scope;
  const scope = { format: vaultFormat, tenant: tenant === "" ? noTenant : tenant };
  const texts = tasks.map(({ scope: { format }, normal }) => bare(format, normal));
  try {
    const answers =
      operation === "tokenize"
        ? await vault.tokenizeBatch(
            texts.map((value, i) => ({ value, ...subjectOf(tasks[i]!) })),
            { ...scope, deterministic },
          )
        : await vault.detokenizeBatch(texts, scope);
    return tasks.map(({ scope: { format }, normal }, i) => {
      const answer = answers[i]!;
      if ("error" in answer) return answer.error;
      return dressed(format, normal, "token" in answer ? answer.token : answer.value);
    });
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return tasks.map(() => error);
  }
}

function subjectOf({ subject }: VaultTask): { subject?: string } {
  return subject === undefined ? {} : { subject };
}
