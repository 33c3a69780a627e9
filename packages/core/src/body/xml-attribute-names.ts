// The attribute names of one start tag: no name twice (XML 1.0 section 3.1), in linear time for any number. Pure.
import { looseText, sameBytes } from "../bytes/index.ts";

export interface AttributeNames {
  clear(): void;
  /** False where the name `bytes[start, end)` has occurred in this tag. */
  add(start: number, end: number): boolean;
  /** Begins with `@` and the local name: the member that selectors know the attribute by. Valid until the next call. */
  withAtSign(start: number, end: number): Uint8Array;
}

// Up to this many names are compared one by one; beyond, they are hashed.
const maxCompared = 8;

export function createAttributeNames(bytes: Uint8Array): AttributeNames {
  // Setting the length of an array costs more than reading a tag: a count of those in use does it.
  const starts: number[] = [];
  const ends: number[] = [];
  let count = 0;
  const hashed = new Set<string>();
  let scratch = new Uint8Array(64);

  return {
    clear: () => {
      count = 0;
      if (hashed.size > 0) hashed.clear();
    },
    add: (start, end) => {
      if (count < maxCompared) {
        for (let known = 0; known < count; known++) {
          if (sameBytes(bytes, starts[known]!, ends[known]!, bytes, start, end)) return false;
        }
      } else {
        if (hashed.size === 0) {
          for (let known = 0; known < count; known++) hashed.add(looseText(bytes, starts[known]!, ends[known]!));
        }
        const name = looseText(bytes, start, end);
        if (hashed.has(name)) return false;
        hashed.add(name);
        return true;
      }
      starts[count] = start;
      ends[count++] = end;
      return true;
    },
    withAtSign: (start, end) => {
      const length = end - start + 1;
      if (scratch.length < length) scratch = new Uint8Array(2 * length);
      scratch[0] = 0x40;
      for (let k = 1; k < length; k++) scratch[k] = bytes[start + k - 1]!;
      return scratch;
    },
  };
}
