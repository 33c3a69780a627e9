// CIPH_K of SP 800-38G: AES over many blocks at once, by the platform's constant-time implementation.
import { createCipheriv } from "node:crypto";

/** Encrypts each 16-byte block of `blocks` on its own; the result is a new array of the same length. */
export type EncryptBlocks = (blocks: Uint8Array) => Uint8Array;

/** AES under `key` (16, 24 or 32 bytes). No copy of the key is kept outside the platform's cipher. */
export function createBlockCipher(key: Uint8Array): EncryptBlocks {
  // One cipher serves for ever: without padding ECB carries no state from one call to the next.
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return (blocks) => cipher.update(blocks);
}
