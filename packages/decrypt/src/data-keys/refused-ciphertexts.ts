// Ciphertexts that their key refused, for a minute: whoever plants one pays for one call, not for one at each reading.

export interface RefusedCiphertexts {
  add(id: string): void;
  has(id: string): boolean;
  clear(): void;
}

const keptFor = 60_000;
const maxEntries = 10_000;

/** A list by `dataKeyId`; `now` is the wall clock in milliseconds. */
export function createRefusedCiphertexts(now: () => number): RefusedCiphertexts {
  const refused = new Map<string, number>();
  return {
    add: (id) => {
      refused.delete(id);
      if (refused.size >= maxEntries) refused.delete(refused.keys().next().value!);
      refused.set(id, now() + keptFor);
    },
    has: (id) => {
      const until = refused.get(id);
      if (until !== undefined && now() >= until) refused.delete(id);
      return refused.has(id);
    },
    clear: () => refused.clear(),
  };
}
