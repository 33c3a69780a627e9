// Rounding of decimal text, half away from zero, without binary fractions. Pure.

const decimal = /^(-?)(\d{1,40})(?:\.(\d{1,400}))?$/;

/** `text` rounded to at most `decimals` decimals; as it is where it has no more; null where it is no plain decimal. */
export function roundDecimal(text: string, decimals: number): string | null {
  const parts = decimal.exec(text);
  if (parts === null) return null;
  const [, sign = "", whole = "", fraction = ""] = parts;
  if (fraction.length <= decimals) return text;
  const up = fraction[decimals]! >= "5" ? 1n : 0n;
  const scaled = (BigInt(whole + fraction.slice(0, decimals)) + up).toString().padStart(decimals + 1, "0");
  const rounded = decimals === 0 ? scaled : `${scaled.slice(0, -decimals)}.${scaled.slice(-decimals)}`;
  return /[1-9]/.test(rounded) ? sign + rounded : rounded;
}
