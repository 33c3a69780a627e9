// A repeatable stream of numbers for fault decisions; not for cryptography. Pure.
import { createHash } from "node:crypto";

/** Numbers in [0, 1) that are the same for the same seed. */
export function createSeededRandom(seed: string): () => number {
  let counter = 0;
  return () => {
    const digest = createHash("sha256").update(`${seed}:${counter++}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  };
}
