// Finding bytes within bytes in linear time, whatever they are (Knuth, Morris, Pratt 1977). Pure.

/** The first offset at or behind `from` where the needle begins; -1 where there is none. */
export type ByteSearch = (bytes: Uint8Array, from: number) => number;

/** A search for `needle`, which is not empty. */
export function createByteSearch(needle: Uint8Array): ByteSearch {
  const fallback = fallbacks(needle);
  return (bytes, from) => {
    let matched = 0;
    for (let i = from; i < bytes.length; i++) {
      if (matched === 0) {
        i = bytes.indexOf(needle[0]!, i);
        if (i < 0) return -1;
      }
      while (matched > 0 && bytes[i] !== needle[matched]) matched = fallback[matched - 1]!;
      if (bytes[i] === needle[matched]) matched++;
      if (matched === needle.length) return i - matched + 1;
    }
    return -1;
  };
}

/** For each prefix of the needle, the length of its longest border. */
function fallbacks(needle: Uint8Array): Uint16Array {
  const table = new Uint16Array(needle.length);
  for (let i = 1, length = 0; i < needle.length; i++) {
    while (length > 0 && needle[i] !== needle[length]) length = table[length - 1]!;
    if (needle[i] === needle[length]) length++;
    table[i] = length;
  }
  return table;
}
