// FF1 under one AES key in whatever radix a shape needs; engines are kept by radix.
import { createFf1Engine, type Ff1Engine } from "../ff1/engine.ts";
import { maxLength, minLength } from "../ff1/index.ts";
import { tokenizerClosed } from "../tokenizer-closed.ts";

/** FF1 under one key. */
export interface Ff1Cipher {
  /** @throws {FieldsealError} `TOKENIZER_CLOSED` for a radix that comes after the end. */
  engine(radix: number): Ff1Engine;
  /** Zeroes the key; the platform's ciphers that were made of it serve what is under way. */
  close(): void;
}

/** Bytes in the longest tweak: eight of the prefix, the kept part of a text of 4,096 code points, and the ends of 100 groups. */
const maxTlen = 8 + 4 * 4096 + 100;
/** Radices whose engines are kept: an IBAN country or a phone number length has one of its own. */
const keptEngines = 512;

/** FF1 under a key of 32 bytes, which becomes the cipher's own. */
export function createFf1Cipher(key: Uint8Array): Ff1Cipher {
  const engines = new Map<number, Ff1Engine>();
  let closed = false;
  return {
    engine: (radix) => {
      let engine = engines.get(radix);
      if (engine === undefined) {
        if (closed) throw tokenizerClosed(true);
        if (engines.size >= keptEngines) engines.clear();
        engine = createFf1Engine({ key, limits: { radix, minLength: minLength(radix), maxLength, maxTlen } });
        engines.set(radix, engine);
      }
      return engine;
    },
    close: () => {
      closed = true;
      key.fill(0);
    },
  };
}
