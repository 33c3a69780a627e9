// Loose comparison of names, as lenient binders make it: NFKC, case, and separators do not count. Pure.
// U+0085 is white space to Python. Brackets are among these: qs and Rack read `[ssn]` as `ssn`. So is `@`: Jackson and
// others bind an attribute of XML as the element of its name.

const separators = /[\s\x85._@[\]-]+/gu;
/** The ASCII separators. */
export const separatorBytes: readonly number[] = Array.from("\t\n\v\f\r ._-@[]", (char) => char.charCodeAt(0));
const isSeparator: Uint8Array = new Uint8Array(256);
for (const byte of separatorBytes) isSeparator[byte] = 1;

// What stands behind a NUL is lost where names are strings of C; what shows nothing is ignored by culture-aware
// comparison, and so is, in Java's `equalsIgnoreCase`, the dot of a capital I.
const ignored = /\p{DI}|\u0307|\0.*/gsu;

const ascii = /^[\x20-\x7e]*$/;

/** `name` as binders that ignore case and separators see it. */
export function foldName(name: string): string {
  // Normalizing anything at all loads tables that cost a cold start a millisecond.
  if (ascii.test(name)) return name.toLowerCase().replace(separators, "");
  // Lower, upper, lower: a capital sharp s must become a small one before that becomes two letters.
  const folded = name
    .normalize("NFKC")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replace(ignored, "")
    .normalize("NFKC");
  // There are two small sigmas; which one is written depends on what follows.
  return folded.replace(separators, "").replaceAll("ς", "σ");
}

/** Whether a name folds to another: no, yes, perhaps, or what stands before one of its separators does. */
export type Folds = "no" | "yes" | "perhaps" | "in part";

/**
 * Whether the name `bytes[start, end)` folds to `folded`: certain for ASCII names, `perhaps` from the first byte on that
 * is not ASCII, or before it where a mark may join an ASCII letter. Decides nearly all names at their first byte.
 */
export function foldsTo(folded: string, bytes: Uint8Array, start: number, end: number): Folds {
  let matched = 0;
  for (let i = start; i < end; i++) {
    let byte = bytes[i]!;
    if (byte >= 0x80) return "perhaps";
    if (byte === 0) break;
    if (isSeparator[byte] === 1) continue;
    if (matched === folded.length) return isSeparator[bytes[i - 1]!] === 1 && i > start ? "in part" : "no";
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    const wanted = folded.charCodeAt(matched++);
    // `e` and a combining accent compose to one letter.
    if (byte !== wanted) return wanted >= 0x80 && i + 1 < end && bytes[i + 1]! >= 0x80 ? "perhaps" : "no";
  }
  return matched === folded.length ? "yes" : "no";
}
