// A process that tokenizes and prints each acknowledged token; its task is JSON on stdin. I/O.
import { readFileSync } from "node:fs";
import { FieldsealError } from "@fieldseal/core/errors";
import { digits } from "./digit-format.fixture.ts";
import { createVault, staticKeys } from "./index.ts";
import { openStore, type StorePlace } from "./open-store.fixture.ts";

export interface WriteTask {
  readonly place: StorePlace;
  /** Root key, hexadecimal. */
  readonly key: string;
  /** Deterministic values to tokenize, in batches; else one value after the other, until the process is killed. */
  readonly values?: readonly string[];
  /** First value of an endless task. */
  readonly from?: number;
}

/** One line of output. */
export interface Acknowledged {
  readonly value: string;
  readonly token: string;
  readonly deterministic: boolean;
}

const batchLength = 100;

async function work({ place, key, values, from = 0 }: WriteTask): Promise<void> {
  const keys = staticKeys([{ version: "1", key: Buffer.from(key, "hex") }]);
  const vault = createVault({ store: await openStore(place), keys });
  const write = async (batch: readonly string[], deterministic: boolean): Promise<void> => {
    const outcomes = await vault.tokenizeBatch(batch, { format: digits, tenant: "t", deterministic });
    const lines = outcomes.map((one, i) => {
      if ("error" in one) throw one.error;
      return `${JSON.stringify({ value: batch[i]!, token: one.token, deterministic } satisfies Acknowledged)}\n`;
    });
    process.stdout.write(lines.join(""));
  };
  if (values !== undefined) {
    for (let at = 0; at < values.length; at += batchLength) await write(values.slice(at, at + batchLength), true);
    await vault.close();
    return;
  }
  for (let n = from; ; n += 4) {
    const next = [0, 1, 2, 3].map((i) => String(n + i).padStart(16, "0"));
    await write(next.slice(0, 1), true);
    await write(next.slice(1, 2), false);
    await write(next.slice(2), true);
  }
}

try {
  await work(JSON.parse(readFileSync(0, "utf8")) as WriteTask);
} catch (error) {
  // The server was killed; what was acknowledged is printed.
  if (!(error instanceof FieldsealError) || error.code !== "VAULT_UNAVAILABLE") throw error;
  process.exit(1);
}
