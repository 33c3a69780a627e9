// JWE compact serializations in a text, told by their headers (RFC 7516 section 7.1). Pure, linear.
import { decodeBase64url, looseText, utf8Bytes } from "../../bytes/index.ts";

const compact =
  /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]*)\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*/y;
const start = "eyJ";

/** True where `text` holds a JWE whose header names one of `kids`. */
export function holdsJweOf(kids: { has(kid: string): boolean }, text: string): boolean {
  for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + start.length)) {
    compact.lastIndex = at;
    const kid = kidOf(compact.exec(text)?.[1]);
    if (typeof kid === "string" && kids.has(kid)) return true;
  }
  return false;
}

function kidOf(header: string | undefined): unknown {
  const bytes = header === undefined ? null : decodeBase64url(utf8Bytes(header));
  if (bytes === null) return undefined;
  try {
    return (JSON.parse(looseText(bytes)) as { kid?: unknown } | null)?.kid;
  } catch {
    return undefined;
  }
}
