// One statement, which commits by itself, through the caller's `pg` pool. I/O.

/** What the stores need of a `pg` Pool or Client. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

// serialization_failure, where the database's default isolation is stricter than READ COMMITTED, and deadlock_detected:
// the server has undone the statement, and asks for it again.
const undone = ["40001", "40P01"];
const maxAttempts = 20;

export async function runStatement(
  client: PostgresClient,
  text: string,
  values: unknown[],
): Promise<{ rows: unknown[]; rowCount: number | null }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.query(text, values);
    } catch (error) {
      if (attempt === maxAttempts || !undone.includes(String((error as { code?: unknown }).code))) throw error;
    }
  }
}
