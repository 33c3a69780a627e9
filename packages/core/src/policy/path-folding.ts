// Paths as lenient servers and frameworks read them: percent-decoded until nothing is left to decode, `\` for `/`, without
// `;parameters`, empty and dot segments (RFC 3986 sections 2.1 and 5.2.4), in one case. Pure and linear.
import { hexValue, looseText, notHex, utf8Bytes } from "../bytes/index.ts";

/** A path after folding. */
export interface FoldedPath {
  readonly segments: readonly string[];
  /** True: malformed escapes, control bytes or bytes that are no UTF-8 are left, which servers read differently. */
  readonly doubtful: boolean;
}

const percent = 0x25;

// What servers do with segments, each by itself.
const resolvesDots = 1;
const cutsParameters = 2;
/** `..` behind two slashes leads back to between them. */
const leavesEmpty = 4;
const allHabits = 7;

// Folding changes only the case of such paths, apart from empty segments.
const plain = /^(?!\/\/)[\w/-]*$/;

/** Folds a path, or one literal segment of a path pattern. */
export function foldPath(path: string): FoldedPath {
  if (plain.test(path)) return { segments: path.toLowerCase().split("/").filter(isNotEmpty), doubtful: false };
  const bytes = decodeFully(utf8Bytes(path));
  const text = looseText(bytes);
  const segments = foldSegments(text.split(eitherSlash), resolvesDots | cutsParameters);
  return { segments, doubtful: bytes.some(isDoubtful) || text.includes("\ufffd") };
}

/** A path as other servers read it. */
export interface OtherFoldings {
  readonly readings: readonly (readonly string[])[];
  /**
   * True where dot segments lead some server above the root: behind an origin path, which CloudFront puts before the
   * path, that is another place.
   */
  readonly leadsAboveRoot: boolean;
}

const sameToAll: OtherFoldings = { readings: [], leadsAboveRoot: false };

/**
 * The segments of a path as servers read it that fold it in another way: they keep escaped slashes, backslashes, dot
 * segments or parameters where `foldPath` does not, resolve dot segments before empty ones go, end the path at a `;` or
 * `#`, or take what stands behind two slashes at its beginning for a host. Case and empty segments never count in the end.
 */
export function otherFoldings(path: string): OtherFoldings {
  if (plain.test(path)) return sameToAll;
  const readings = new Map<string, string[]>();
  const splits = splitsOf(path);
  for (const split of splits) {
    for (let habits = 0; habits <= allHabits; habits++) {
      const segments = foldSegments(split, habits);
      readings.set(JSON.stringify(segments), segments);
    }
  }
  return { readings: [...readings.values()], leadsAboveRoot: splits.some(climbs) };
}

/** The readings of a folded path by servers that route by what stands before a suffix, or behind a script's name. */
export function cutFoldings(segments: readonly string[]): string[][] {
  const path = segments.join("/");
  const dot = path.indexOf(".", path.lastIndexOf("/"));
  const cut = [path.replace(/^.*?\.(?:php|f?cgi|dll)\//s, ""), dot < 0 ? path : path.slice(0, dot)];
  return cut.filter((text) => text !== path).map((text) => text.split("/"));
}

function climbs(split: readonly string[]): boolean {
  let depth = 0;
  return split.some((text) => {
    const segment = text.replace(/;.*/s, "");
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    return depth < 0;
  });
}

/** A path in segments, not yet folded, as servers find them that know other separators and ends. */
function splitsOf(path: string): string[][] {
  // IIS knows `%u0061`; gateways hand on decoded paths, which end at a `?` then. `new URL` resolves `//host/path`.
  const ended = decodedText(path).replace(/[;#?].*/s, "");
  const hostless = path.replace(/^[/\\]{2,}[^/\\]+/, "");
  const texts = [path, path.replace(/[;#].*/s, ""), path.replace(/%u00/gi, "%"), ended, hostless];
  return [...new Set(texts)].flatMap((text) => [
    decodedText(text).split(eitherSlash),
    text.split("/").map(decodedText),
    text.split(eitherSlash).map(decodedText),
  ]);
}

function foldSegments(spelled: readonly string[], habits: number): string[] {
  const segments: string[] = [];
  for (const text of spelled) {
    const parameters = habits & cutsParameters ? text.indexOf(";") : -1;
    const segment = parameters < 0 ? text : text.slice(0, parameters);
    if (habits & resolvesDots && segment === "..") segments.pop();
    else if ((habits & leavesEmpty || segment !== "") && !(habits & resolvesDots && segment === ".")) {
      segments.push(segment.toUpperCase().toLowerCase());
    }
  }
  return segments.filter(isNotEmpty);
}

const eitherSlash = /[/\\]/;

const decodedText = (text: string): string => looseText(decodeFully(utf8Bytes(text)));

/** An escape that decoding completes is decoded as well: no two escapes overlap, so one pass with a stack finds all. */
function decodeFully(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (const byte of bytes) {
    out[length++] = byte;
    while (length >= 3 && out[length - 3] === percent) {
      const high = hexValue[out[length - 2]!]!;
      const low = hexValue[out[length - 1]!]!;
      if (high === notHex || low === notHex) break;
      length -= 2;
      out[length - 1] = (high << 4) | low;
    }
  }
  return out.subarray(0, length);
}

const isNotEmpty = (segment: string): boolean => segment !== "";

function isDoubtful(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f || byte === percent;
}
