// Collects the body of an incoming HTTP message. I/O.

/** What became of a body: its bytes, or why there are none. */
export type ReadBody = { readonly bytes: Buffer } | { readonly failure: "too-large" | "aborted" };

/** Reads at most `maxBytes` bytes; what exceeds them is drained and dropped, so that an answer can still be sent. */
export async function readBody(message: AsyncIterable<Buffer>, maxBytes: number): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message) {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return { failure: "aborted" };
  }
  return length > maxBytes ? { failure: "too-large" } : { bytes: Buffer.concat(chunks, length) };
}
