// Names of tables, quoted for SQL. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** `name` or `schema.name`, quoted. @throws VAULT_INPUT_INVALID for anything else */
export function quoteTable(table: string): string {
  const parts = table.split(".");
  if (parts.length > 2 || parts.some((part) => !/^[a-z_][a-z0-9_]{0,62}$/.test(part))) {
    throw new FieldsealError("VAULT_INPUT_INVALID", "a table is `name` or `schema.name` of a-z, 0-9 and _");
  }
  return parts.map((part) => `"${part}"`).join(".");
}
