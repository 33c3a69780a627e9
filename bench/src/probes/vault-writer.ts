// One of several processes that put tokens into one store: store, place, key and count are arguments. It says when its
// vault is open, waits for the word, and ends when its last token is put.
import { once } from "node:events";
import { cards, loadVault, type StoreName, scope } from "../vaults.ts";

const [store = "", place = "", key = "", count = "0"] = process.argv.slice(2);
const open = await loadVault();
const vault = await open!({ store: store as StoreName, place, key: Buffer.from(key, "hex") });
process.send!("ready");
await once(process, "message");
for (const card of cards(Number(count))) await vault.tokenize(card, scope);
process.send!("done");
await vault.close();
process.disconnect();
