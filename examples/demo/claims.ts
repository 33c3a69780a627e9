// What the demo shows: sections to read, and claims that are checked before they are printed.

const colour = process.stdout.isTTY;
const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const envelope = /fs1\.[a-z]\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.fs/g;
const steps: { readonly name: string; readonly ms: number }[] = [];
let failed = 0;

/** Prints a heading and text; envelopes are shortened to what one wants to see of them. */
export function show(heading: string, text = ""): void {
  console.log(`\n${paint(1, heading)}`);
  if (text === "") return;
  const short = text.replace(envelope, (all, kid, field) =>
    paint(33, `fs1.r.${kid}.${field}…(${all.length} characters)….fs`),
  );
  console.log(short.replace(/^/gm, "    "));
}

/** Prints a claim with its verdict; one that does not hold makes the demo fail. */
export function claim(text: string, holds: boolean): void {
  if (!holds) failed++;
  console.log(`  ${holds ? paint(32, "✓") : paint(31, "✗ NOT TRUE:")} ${text}`);
}

/** Runs one step and notes how long it took. */
export async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  steps.push({ name, ms: performance.now() - start });
  return result;
}

/** Prints the times, and ends the process with 0 only if every claim held. */
export function finish(): void {
  show("Time of each step", steps.map(({ name, ms }) => `${ms.toFixed(1).padStart(7)} ms  ${name}`).join("\n"));
  console.log(
    failed === 0 ? paint(32, "\nEvery claim above was checked.") : paint(31, `\n${failed} claims did not hold.`),
  );
  process.exitCode = failed === 0 ? 0 : 1;
}
