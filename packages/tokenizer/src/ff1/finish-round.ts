// Steps 6.iii to 6.vi of FF1 (SP 800-38G Algorithms 7 and 8) on doubles, for all values of a chunk, joined with step
// 6.i of the round that follows so that each value is visited once. Pure.
import type { Modulus } from "./length-parameters.ts";

/** One round of many values. */
export interface Round {
  /** S, 16 bytes for each value. */
  readonly s: DataView;
  readonly count: number;
  /** NUM_radix(A) of each value, below the modulus; receives c = (NUM_radix(A) +- y) mod radix^m. */
  readonly target: Float64Array;
  /** radix^m. */
  readonly modulus: Modulus;
  /** 1 to encrypt, -1 to decrypt. */
  readonly sign: number;
  /** Receives the last two words of the next round's blocks: state, round number and c, added. */
  readonly input: DataView;
  readonly stateWord2: Uint32Array;
  readonly stateWord3: Uint32Array;
  readonly next: { readonly high: number; readonly low: number };
}

/** For d = 8, that is for moduli up to 2^32 and b <= 4. */
export function finishRound64({ s, count, target, modulus, sign, input, stateWord2, stateWord3, next }: Round): void {
  const { value: m, inverse } = modulus;
  const { high, low } = next;
  for (let j = 0; j < count; j++) {
    const at = j * 16;
    const last = s.getUint32(at + 4);
    // The remainder of 48 bits, then the last 16: nothing leaves 49 bits, so that the half makes the quotient exact.
    let y = s.getUint32(at) * 65536 + (last >>> 16);
    y -= Math.floor((y + 0.5) * inverse) * m;
    let c = target[j]! + sign * (y * 65536 + (last & 0xffff));
    c -= Math.floor((c + 0.5) * inverse) * m;
    target[j] = c;
    input.setUint32(at + 8, stateWord2[j]! ^ high);
    input.setUint32(at + 12, stateWord3[j]! ^ low ^ c);
  }
}

/** For d = 12, moduli up to 2^52 and 4 < b <= 7: the remainder of 48 bits, then two steps of 24. */
export function finishRound96({ s, count, target, modulus, sign, input, stateWord2, stateWord3, next }: Round): void {
  const { value: m, inverse, high: mHigh, low: mLow } = modulus;
  const { high } = next;
  for (let j = 0; j < count; j++) {
    const at = j * 16;
    const middle = s.getUint32(at + 4);
    const last = s.getUint32(at + 8);
    let y = s.getUint32(at) * 65536 + (middle >>> 16);
    y -= Math.floor(y * inverse) * m;
    // y * 2^24 + limb - q * m in two parts, of which none leaves 53 bits; q may be off by one, in both steps.
    let limb = ((middle & 0xffff) << 8) | (last >>> 24);
    let q = Math.floor((y * 2 ** 24 + limb) * inverse);
    let yHigh = Math.floor(y * 2 ** -26);
    let yLow = y - yHigh * 2 ** 26;
    y = (yHigh * 2 ** 24 - q * mHigh) * 2 ** 26 + (yLow * 2 ** 24 + limb - q * mLow);
    limb = last & 0xffffff;
    const a = target[j]!;
    q = Math.floor((a + sign * (y * 2 ** 24 + limb)) * inverse);
    yHigh = Math.floor(y * 2 ** -26);
    yLow = y - yHigh * 2 ** 26;
    let c = (sign * yHigh * 2 ** 24 - q * mHigh) * 2 ** 26 + (a + sign * (yLow * 2 ** 24 + limb) - q * mLow);
    if (c < 0) c += m;
    else if (c >= m) c -= m;
    target[j] = c;
    input.setUint32(at + 8, stateWord2[j]! ^ high ^ Math.floor(c * 2 ** -32));
    input.setUint32(at + 12, stateWord3[j]! ^ c);
  }
}
