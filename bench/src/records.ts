// The parsed side of the documents: where records are, and reading and writing their sensitive fields.
import { type BenchDocument, sensitive } from "./documents.ts";

/** A parsed JSON object. */
export type Json = Record<string, unknown>;

type Access = (record: Json) => { readonly holder: Json; readonly name: string };

// Compiled once: the fastest way that a body-parsing library could choose.
const accesses: readonly Access[] = sensitive.map((path) => {
  const names = path.split(".");
  const name = names.pop()!;
  return (record) => {
    let holder = record;
    for (const step of names) holder = holder[step] as Json;
    return { holder, name };
  };
});

/** The records of a parsed document. */
export function recordsOf(parsed: unknown, { records }: BenchDocument): Json[] {
  return records === 1 ? [parsed as Json] : (parsed as { items: Json[] }).items;
}

/** Calls `visit` with each sensitive field of each record, and puts back what it returns. */
export function mapFields(
  parsed: unknown,
  document: BenchDocument,
  visit: (value: unknown, field: number) => unknown,
): void {
  for (const record of recordsOf(parsed, document)) {
    for (let field = 0; field < accesses.length; field++) {
      const { holder, name } = accesses[field]!(record);
      holder[name] = visit(holder[name], field);
    }
  }
}

/** All sensitive values, in the order of the document. */
export function fieldsOf(parsed: unknown, document: BenchDocument): unknown[] {
  const values: unknown[] = [];
  mapFields(parsed, document, (value) => {
    values.push(value);
    return value;
  });
  return values;
}

/** The same for visits that are awaited: one after the other, or all at once. */
export async function mapFieldsAsync(
  parsed: unknown,
  document: BenchDocument,
  visit: (value: unknown, field: number) => Promise<unknown>,
  order: "sequence" | "at once",
): Promise<void> {
  const work: Promise<void>[] = [];
  for (const record of recordsOf(parsed, document)) {
    for (let field = 0; field < accesses.length; field++) {
      const { holder, name } = accesses[field]!(record);
      const done = visit(holder[name], field).then((value) => {
        holder[name] = value;
      });
      if (order === "sequence") await done;
      else work.push(done);
    }
  }
  await Promise.all(work);
}
