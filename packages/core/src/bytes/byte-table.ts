// Tables over the 256 bytes. Pure.

/** For each byte, 1 where `pattern` matches its character in Latin-1, else 0. */
export function byteTable(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** What `hexValue` holds for bytes that are no hexadecimal digit. */
export const notHex = 0xff;

/** For each byte, the value of the hexadecimal digit in ASCII, or `notHex`. */
export const hexValue: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[0-9a-f]/i.test(char) ? Number.parseInt(char, 16) : notHex;
});
