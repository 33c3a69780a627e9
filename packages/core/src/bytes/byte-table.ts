// Tables over the 256 bytes. Pure.

const everyByte = String.fromCharCode(...Array(256).keys());

/** For each byte, 1 where `pattern` matches its character in Latin-1, else 0. */
export function byteTable(pattern: RegExp): Uint8Array {
  const table = new Uint8Array(256);
  for (const { index } of everyByte.matchAll(new RegExp(pattern, "g"))) table[index] = 1;
  return table;
}

/** What `hexValue` holds for bytes that are no hexadecimal digit. */
export const notHex = 0xff;

/** For each byte, the value of the hexadecimal digit in ASCII, or `notHex`. */
export const hexValue: Uint8Array = new Uint8Array(256).fill(notHex);
for (const digit of "0123456789abcdefABCDEF") hexValue[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
