// Small arrays cut from a larger one, since an array of its own costs the platform an allocation. For public bytes only:
// an array's neighbours share its buffer. Nothing is handed out twice.

const poolLength = 16_384;
const longest = 2048;

let pool: Uint8Array = new Uint8Array(0);
let used = 0;

/** `length` bytes, zero. */
export function pooledBytes(length: number): Uint8Array {
  if (length > longest) return new Uint8Array(length);
  if (used + length > pool.length) {
    pool = new Uint8Array(poolLength);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}
