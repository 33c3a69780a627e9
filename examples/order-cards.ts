// An order table that holds no card number: tokens of the same shape in its column, the numbers in a vault in SQLite.
import { DatabaseSync } from "node:sqlite";
import { createTokenizer, type Tokenizer } from "@fieldseal/tokenizer";
import { createSqliteStore } from "@fieldseal/tokenizer/sqlite";
import { createVault, staticKeys } from "@fieldseal/tokenizer/vault";

export interface Orders {
  /** Stores an order; the column gets a token that keeps first six and last four, and passes for no card number. */
  place(order: { readonly id: string; readonly card: string }): Promise<void>;
  /** What support sees on the screen: no vault is asked. */
  summary(id: string): string;
  /** The real number, for the one service that charges it. */
  cardToCharge(id: string): Promise<string>;
  /** Orders that were paid with the same card: equal numbers have equal tokens. */
  ordersWithCardOf(id: string): string[];
  close(): Promise<void>;
}

export function openOrders(options: {
  readonly database: string;
  /** A file of its own, on a machine of its own where that is possible. */
  readonly vault: string;
  /** Both 32 bytes, from a key service; kept as long as the data. */
  readonly keys: { readonly tokens: Uint8Array; readonly vault: Uint8Array };
}): Orders {
  const { database, vault: path, keys } = options;
  const vault = createVault({
    store: createSqliteStore({ path }),
    keys: staticKeys([{ version: "1", key: keys.vault }]),
  });
  const tokenizer: Tokenizer = createTokenizer({
    keys: { current: "1", versions: { 1: keys.tokens } },
    formats: { card: { type: "pan", engine: "vault", keepFirst: 6, keepLast: 4 } },
    vault,
  });
  const orders = new DatabaseSync(database);
  orders.exec("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, card TEXT CHECK (length(card) = 16)) STRICT");
  const tokenOf = (id: string): string =>
    orders.prepare("SELECT card FROM orders WHERE id = ?").get(id)?.card as string;
  return {
    place: async ({ id, card }) => {
      const { token } = await tokenizer.tokenize(card.replaceAll(" ", ""), { format: "card" });
      orders.prepare("INSERT INTO orders (id, card) VALUES (?, ?)").run(id, token);
    },
    summary: (id) => `order ${id}, card ending in ${tokenOf(id).slice(-4)}`,
    cardToCharge: (id) => tokenizer.detokenize(tokenOf(id), { format: "card" }),
    ordersWithCardOf: (id) =>
      orders
        .prepare("SELECT id FROM orders WHERE card = ? ORDER BY id")
        .all(tokenOf(id))
        .map((row) => row.id as string),
    close: async () => {
      tokenizer.close();
      await vault.close();
      orders.close();
    },
  };
}
