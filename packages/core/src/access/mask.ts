// Masks: the end of a value behind stars of fixed width, so that its length does not show. Pure.

/** What stands for a value of which nothing is shown, and before the end of one of which something is. */
export const maskStars = "****";

/**
 * Shows the last `keepLast` characters (graphemes) of `text`, at most half of them, and nothing of a text that is no
 * longer than `keepLast`.
 */
export function mask(text: string, keepLast: number): string {
  const graphemes = Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), (g) => g.segment);
  if (graphemes.length <= keepLast) return maskStars;
  const shown = Math.min(keepLast, Math.floor(graphemes.length / 2));
  return maskStars + (shown === 0 ? "" : graphemes.slice(-shown).join(""));
}
