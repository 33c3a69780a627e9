// The shop's origin: stores what arrives in SQLite, and never sees more than arrives.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Origin, startOrigin } from "@fieldseal/emulator";
import type { StoredCustomer } from "../decrypt-service.ts";

export interface CustomerOrigin {
  readonly origin: Origin;
  load(id: string): StoredCustomer | undefined;
  /** Every byte of the database file, to look for plaintext in. */
  file(): string;
  close(): Promise<void>;
}

export async function startCustomerOrigin(): Promise<CustomerOrigin> {
  const folder = mkdtempSync(join(tmpdir(), "fieldseal-demo-"));
  const path = join(folder, "customers.sqlite");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE customers (id TEXT PRIMARY KEY, tenant TEXT, name TEXT, ssn TEXT, body BLOB) STRICT");
  const insert = database.prepare("INSERT INTO customers VALUES (?, ?, ?, ?, ?)");
  const select = database.prepare("SELECT tenant, body FROM customers WHERE id = ?");
  const origin = await startOrigin(({ body, headers }) => {
    const customer = JSON.parse(body.toString("utf8"));
    insert.run(customer.customerId, String(headers["x-tenant-id"]), customer.name, customer.ssn, body);
    return { status: 201, headers: { "content-type": "application/json" }, body: '{"stored":true}' };
  });
  return {
    origin,
    load: (id) => {
      const row = select.get(id) as { tenant: string; body: Uint8Array } | undefined;
      return row && { body: row.body, context: { tenant: row.tenant, customer: id } };
    },
    file: () => readFileSync(path, "latin1"),
    close: async () => {
      await origin.close();
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}
