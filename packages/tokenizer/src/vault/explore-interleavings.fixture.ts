// Every interleaving of a few vault calls, step by step, with crashes and lost answers; states seen before are not entered again.
import { createHash } from "node:crypto";
import { createMemoryStore } from "../memory/index.ts";
import type { RandomBytes } from "./random-draw.ts";
import { rowKinds, vaultRowName } from "./rows/row-names.ts";
import { scanPages } from "./scan-rows.ts";
import type { StoreEntry, VaultStore } from "./store.ts";

/** A client is killed when its store call has happened (before its next one, that is), or the call's answer is lost. */
export type Fault = "crash" | "lost-answer";
/** One step: a client's store call happens, or time passes. */
type Step = { readonly client: number; readonly fault?: Fault } | "tick";

/** What a client came to: a result, an error, or nothing where it was killed. */
export type Ending = { readonly result: unknown } | { readonly error: unknown } | "crashed";

export interface World {
  readonly store: VaultStore;
  readonly rows: (prefix: string) => Promise<StoreEntry[]>;
  readonly endings: readonly (Ending | undefined)[];
  readonly ticked: boolean;
  readonly faulted: boolean;
}

export interface Scenario {
  /** What is there before; runs undisturbed. */
  readonly setUp?: (store: VaultStore, random: RandomBytes) => Promise<void>;
  /** Called before each run. */
  readonly begin: () => void;
  /** The calls that run at once, each over its own store connection, clock and generator. */
  readonly clients: readonly ((at: ClientPlace) => Promise<unknown>)[];
  /** How many faults one run may hold; 0 unless given. */
  readonly faults?: number;
  /** Whether time may pass, once, at any moment. */
  readonly tick?: boolean;
  /** Called in every state. */
  readonly always: (world: World) => Promise<void>;
  /** Called when every client has ended. */
  readonly finally: (world: World) => Promise<void>;
}

export interface ClientPlace {
  readonly store: VaultStore;
  readonly random: RandomBytes;
  readonly ticked: () => boolean;
}

interface Request {
  readonly conditional: boolean;
  readonly apply: () => Promise<unknown>;
  readonly answer: (result: unknown) => void;
  readonly none: unknown;
}

interface Run {
  readonly world: World;
  key(): Promise<string>;
  steps(): Step[];
  take(step: Step): Promise<void>;
}

/** Runs a scenario in every order; the number of distinct states. */
export async function exploreInterleavings(scenario: Scenario): Promise<number> {
  const seen = new Set<string>();
  const branches: Step[][] = [[]];
  const before = createMemoryStore();
  await scenario.setUp?.(before, createSeededRandom("set-up"));
  const rows = await readAllRows(before);
  for (let path = branches.pop(); path !== undefined; path = branches.pop()) {
    const run = await startRun(scenario, rows);
    for (const step of path) await run.take(step);
    for (;;) {
      const key = await run.key();
      if (seen.has(key)) break;
      seen.add(key);
      await scenario.always(run.world);
      const [next, ...others] = run.steps();
      if (next === undefined) {
        await scenario.finally(run.world);
        break;
      }
      for (const other of others) branches.push([...path, other]);
      path = [...path, next];
      await run.take(next);
    }
  }
  return seen.size;
}

async function startRun(scenario: Scenario, before: readonly StoreEntry[]): Promise<Run> {
  scenario.begin();
  const store = createMemoryStore();
  await store.putManyIfAbsent(before);
  let ticked = false;
  let faults = 0;
  const endings: (Ending | undefined)[] = scenario.clients.map(() => undefined);
  const requests: (Request | undefined)[] = scenario.clients.map(() => undefined);
  const histories = scenario.clients.map(() => "");
  const wake: (() => void)[] = [];
  const paused = (client: number): Promise<void> =>
    new Promise((resolve) => {
      wake[client] = resolve;
    });

  const begin = async (client: number): Promise<void> => {
    const pause = paused(client);
    const ask = (request: Omit<Request, "answer">): Promise<unknown> =>
      new Promise((answer) => {
        requests[client] = { ...request, answer };
        wake[client]!();
      });
    const place = { store: askingStore(store, ask), random: createSeededRandom(`${client}`), ticked: () => ticked };
    scenario.clients[client]!(place)
      .then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      )
      .then((ending) => {
        endings[client] = ending;
        wake[client]!();
      });
    await pause;
  };
  for (const client of scenario.clients.keys()) await begin(client);

  const world: World = {
    store,
    rows: (prefix) => readRows(store, prefix),
    endings,
    get ticked() {
      return ticked;
    },
    get faulted() {
      return faults > 0;
    },
  };
  return {
    world,
    async key() {
      const rows = await readAllRows(store);
      const text = rows.map(({ key, item }) => `${key}=${Buffer.from(item).toString("base64")}`);
      // Where a client has ended, only what it came to matters, not the way.
      const clients = endings.map((ending, i) => (ending === undefined ? histories[i] : endingKey(ending)));
      return digest(JSON.stringify([text, clients, ticked, faults]));
    },
    steps() {
      const steps: Step[] = scenario.tick === true && !ticked ? ["tick"] : [];
      for (const [client, request] of requests.entries()) {
        if (request === undefined) continue;
        steps.push({ client });
        if (faults >= (scenario.faults ?? 0)) continue;
        steps.push({ client, fault: "crash" });
        if (request.conditional) steps.push({ client, fault: "lost-answer" });
      }
      // Time alone leads nowhere.
      return requests.some((request) => request !== undefined) ? steps : [];
    },
    async take(step) {
      if (step === "tick") {
        ticked = true;
        return;
      }
      const { client, fault } = step;
      const request = requests[client]!;
      requests[client] = undefined;
      if (fault !== undefined) faults++;
      const result = await request.apply();
      if (fault === "crash") {
        endings[client] = "crashed";
        return;
      }
      const answer = fault === "lost-answer" ? request.none : result;
      histories[client] = digest(`${histories[client]}${ticked}${JSON.stringify(answer)}`);
      const pause = paused(client);
      request.answer(answer);
      await pause;
    },
  };
}

/** A store whose every call waits for the scheduler. */
function askingStore(store: VaultStore, ask: (request: Omit<Request, "answer">) => Promise<unknown>): VaultStore {
  const read = <T>(apply: () => Promise<T>): Promise<T> =>
    ask({ conditional: false, apply, none: undefined }) as Promise<T>;
  // A driver that sends a put again after a lost answer hears that the condition is no longer met.
  const write = <T>(apply: () => Promise<T>, none: T): Promise<T> =>
    ask({ conditional: true, apply, none }) as Promise<T>;
  return {
    // The vault's own row is written once, before; reading it is no step.
    get: (key) => (key === vaultRowName ? store.get(key) : read(() => store.get(key))),
    getMany: (keys) => read(() => store.getMany(keys)),
    putIfAbsent: (key, item) => write(() => store.putIfAbsent(key, item), false),
    putManyIfAbsent: (entries) =>
      write(
        () => store.putManyIfAbsent(entries),
        entries.map(() => false),
      ),
    putIfEquals: (key, item, old) => write(() => store.putIfEquals(key, item, old), false),
    deleteIfEquals: (key, old) => write(() => store.deleteIfEquals(key, old), false),
    scan: (range, options) => read(() => store.scan(range, options)),
    close: async () => {},
  };
}

async function readRows(store: VaultStore, prefix: string): Promise<StoreEntry[]> {
  const rows = [];
  for await (const page of scanPages(store, { prefix })) rows.push(...page);
  return rows;
}

async function readAllRows(store: VaultStore): Promise<StoreEntry[]> {
  const rows = [];
  for (const kind of Object.values(rowKinds)) rows.push(...(await readRows(store, kind)));
  return rows;
}

/** The same bytes in every run. */
export function createSeededRandom(seed: string): RandomBytes {
  let block = 0;
  return (size) => {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at += 32) {
      createHash("sha256").update(`${seed}/${block++}`).digest().copy(bytes, at);
    }
    return new Uint8Array(bytes);
  };
}

function endingKey(ending: Ending): string {
  if (ending === "crashed") return ending;
  return "result" in ending ? `result ${JSON.stringify(ending.result)}` : `error ${String(ending.error)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
