// The name that a misspelled one was meant to be. Pure; time by the product of two short lengths.

const longestName = 64;

/** The name of `known` that differs from `name` in case and separators alone, or in the fewest letters; null: none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (name.length > longestName) return null;
  const wanted = folded(name);
  // One letter in three may be wrong.
  let least = Math.floor(wanted.length / 3) + 1;
  let nearest: string | null = null;
  for (const candidate of known) {
    const differences = distance(wanted, folded(candidate));
    if (differences >= least) continue;
    least = differences;
    nearest = candidate;
  }
  return nearest;
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/** Letters to add, drop, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1, isSwapped ? before[j - 2]! + 1 : replaced));
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
