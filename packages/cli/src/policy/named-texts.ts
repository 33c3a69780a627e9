// Headers and cookies of a recorded request as names and texts. Pure.

export interface NamedText {
  /** In lower case for headers. */
  readonly name: string;
  readonly text: string;
}

type Headers = ReadonlyMap<string, readonly string[]>;

/** All headers but Cookie, line by line. */
export function headersOf(headers: Headers): NamedText[] {
  return [...headers].flatMap(([name, lines]) => (name === "cookie" ? [] : lines.map((text) => ({ name, text }))));
}

/** All cookies; their values percent-decoded where they are encoded so. */
export function cookiesOf(headers: Headers): NamedText[] {
  const pieces = (headers.get("cookie") ?? []).flatMap((line) => line.split(";"));
  return pieces.flatMap((piece) => {
    const equals = piece.indexOf("=");
    if (equals < 0) return [];
    return [{ name: piece.slice(0, equals).trim(), text: decoded(piece.slice(equals + 1).trim()) }];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
