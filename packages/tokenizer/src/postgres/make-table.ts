// Making a table where there is none. I/O.

interface Client {
  query(text: string): Promise<unknown>;
}

const missing = ["42P01", "3F000"];

/**
 * Makes the table `name`, quoted, of `columns`; several processes may do so at once. Where it is there already, no right
 * to make tables is needed: `IF NOT EXISTS` alone would ask for it.
 */
export async function makeTable(client: Client, name: string, columns: string): Promise<void> {
  const probe = (): Promise<unknown> => client.query(`SELECT FROM ${name} LIMIT 0`);
  try {
    await probe();
  } catch (error) {
    if (!missing.includes(String((error as { code?: unknown }).code))) throw error;
    try {
      await client.query(`CREATE TABLE IF NOT EXISTS ${name} ${columns}`);
    } catch (refusal) {
      // Another process may have made it at the same time: what counts is that it is there.
      await probe().catch(() => {
        throw refusal;
      });
    }
  }
}
