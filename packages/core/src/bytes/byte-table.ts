// Tables over the 256 bytes. Pure.

/** For each byte, 1 where its character in Latin-1 is one of `ranges`, each one character or the first and the last. */
export function byteTable(...ranges: readonly string[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const range of ranges) table.fill(1, range.charCodeAt(0), range.charCodeAt(range.length - 1) + 1);
  return table;
}

/** What `hexValue` holds for bytes that are no hexadecimal digit. */
export const notHex = 0xff;

/** For each byte, the value of the hexadecimal digit in ASCII, or `notHex`. */
export const hexValue: Uint8Array = new Uint8Array(256).fill(notHex);
for (const digit of "0123456789abcdefABCDEF") hexValue[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
