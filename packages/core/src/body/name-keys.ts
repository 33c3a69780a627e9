// Names as keys of maps: the same text for the same bytes, whatever they are. Pure.
const decoder = new TextDecoder("latin1");

/** Gives the key of a name, `bytes[start, end)`. Names that stand in `body` itself cost no decoder call each. */
export function createNameKeys(body: Uint8Array): (bytes: Uint8Array, start: number, end: number) => string {
  let text: string | null = null;
  return (bytes, start, end) => {
    if (bytes !== body) return decoder.decode(bytes.subarray(start, end));
    text ??= decoder.decode(body);
    return text.slice(start, end);
  };
}
