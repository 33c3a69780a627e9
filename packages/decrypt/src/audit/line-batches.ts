// Lines in batches that one call of an AWS service takes. Pure.

export interface BatchLimits {
  /** Most lines of one batch. */
  readonly maxLines: number;
  /** Most bytes of one batch; a line alone may have more, and is the service's to refuse. */
  readonly maxBytes: number;
  /** Bytes that each line counts beside its own. */
  readonly overhead: number;
}

/** The lines in their order, in as few batches as the limits allow. */
export function* lineBatches(
  lines: readonly string[],
  { maxLines, maxBytes, overhead }: BatchLimits,
): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const length = Buffer.byteLength(line) + overhead;
    if (batch.length === maxLines || (batch.length > 0 && bytes + length > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += length;
  }
  if (batch.length > 0) yield batch;
}
