// How often the generated tests run: a short time by default, long where FIELDSEAL_SOAK is set.

const factor = process.env.FIELDSEAL_SOAK === undefined ? 1 : 20;

/** `runs`, or twenty times as many under FIELDSEAL_SOAK. */
export function soak(runs: number): number {
  return runs * factor;
}
