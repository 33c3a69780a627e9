// One of several processes that put tokens into one SQLite file: file, key, count are arguments.
import { cards, loadVault, scope } from "../vaults.ts";

const [file = "", key = "", count = "0"] = process.argv.slice(2);
const open = await loadVault();
const vault = await open!({ store: "sqlite", file, key: Buffer.from(key, "hex") });
for (const card of cards(Number(count))) await vault.tokenize(card, scope);
await vault.close();
