// Columns of NDJSON: top-level members by name, or values anywhere by selector, as one automaton. Pure.
import type { MatchState } from "@fieldseal/core/body";
import { FieldsealError } from "@fieldseal/core/errors";
import { createMatcher, parseSelector, type Query } from "@fieldseal/core/policy";
import type { RecordCodec } from "./record.ts";

/** What a value is to its record; `absent`: it must not be there. */
export const roles = { cell: "cell", tenant: "tenant", version: "version", absent: "absent" } as const;
export type Role = (typeof roles)[keyof typeof roles];

export interface NdjsonRule {
  readonly role: Role;
  readonly column: string;
  /** A record has it once at most. */
  readonly once: boolean;
}

export interface NdjsonColumns {
  readonly root: MatchState;
  /** By the number of the rule in the automaton. */
  readonly rules: readonly NdjsonRule[];
  /** Name of the version's member, where it is written. */
  readonly versionColumn: string | null;
}

/**
 * Compiles the columns of a stream.
 *
 * @throws {FieldsealError} `SELECTOR_INVALID`; `CONFIG_INVALID` for a version column that is a selector, and for `$`.
 */
export function compileColumns({ columns, tenantColumn, versionColumn, version }: RecordCodec): NdjsonColumns {
  const rules: NdjsonRule[] = columns.map((column) => ({ role: roles.cell, column, once: !isSelector(column) }));
  if (tenantColumn !== undefined) rules.push({ role: roles.tenant, column: tenantColumn, once: true });
  if (versionColumn !== undefined) {
    if (isSelector(versionColumn)) {
      throw new FieldsealError("CONFIG_INVALID", "the version column is a member of the record itself, not a selector");
    }
    if (version.read) rules.push({ role: roles.version, column: versionColumn, once: true });
    else if (version.write) rules.push({ role: roles.absent, column: versionColumn, once: true });
  }
  const queries = rules.map(({ column }) => ({ query: queryOf(column), traced: false }));
  return {
    root: createMatcher({ rules: queries, onNameVariant: "ignore", checkShapes: true }),
    rules,
    versionColumn: version.write ? (versionColumn ?? null) : null,
  };
}

/** True for `$.a`, `$..a` and `$[...]`; a member of such a name is chosen by `$['$.a']`. */
function isSelector(column: string): boolean {
  return column.startsWith("$.") || column.startsWith("$[");
}

function queryOf(column: string): Query {
  if (!isSelector(column)) {
    const selectors = [{ kind: "name", name: column }] as const;
    return { text: column, segments: [{ descendant: false, selectors, dotWildcard: false }] };
  }
  try {
    return parseSelector(column);
  } catch (error) {
    // What stands in columns has no filter engine to be given.
    if (error instanceof FieldsealError && error.code === "POLICY_UNSUPPORTED") {
      throw new FieldsealError("SELECTOR_INVALID", "columns take no filters", { selector: column });
    }
    throw error;
  }
}
