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

// Folding changes only the case of such paths, apart from empty segments.
const plain = /^[A-Za-z0-9_/-]*$/;

/** Folds a path, or one literal segment of a path pattern. */
export function foldPath(path: string): FoldedPath {
  if (plain.test(path)) return { segments: path.toLowerCase().split("/").filter(isNotEmpty), doubtful: false };
  const bytes = decodeFully(utf8Bytes(path));
  const text = looseText(bytes);
  const segments: string[] = [];
  for (const spelled of text.replaceAll("\\", "/").split("/")) {
    const parameters = spelled.indexOf(";");
    const segment = parameters < 0 ? spelled : spelled.slice(0, parameters);
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment.toUpperCase().toLowerCase());
  }
  return { segments, doubtful: bytes.some(isDoubtful) || text.includes("\ufffd") };
}

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
