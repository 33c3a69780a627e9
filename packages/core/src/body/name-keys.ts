// Names as keys of maps: the same text for the same bytes, whatever they are. Pure.
const decoder = new TextDecoder("latin1");

/** One character for each byte. */
export const byteText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Gives the key of a name, `bytes[start, end)`. Names that stand in `body` itself cost no decoder call each. */
export function createNameKeys(body: Uint8Array): (bytes: Uint8Array, start: number, end: number) => string {
  let text: string | null = null;
  return (bytes, start, end) => {
    if (bytes !== body) return byteText(bytes.subarray(start, end));
    text ??= byteText(body);
    return text.slice(start, end);
  };
}
