// ISO/IEC 7064 MOD 97-10, the check of IBANs. Pure.

/**
 * The remainder, 0 to 96, of `text` read as a decimal number with `A` to `Z` standing for 10 to 35; `null` where it is empty or holds anything else.
 *
 * @example
 * ```ts
 * import { mod97 } from "@fieldseal/core/identifiers";
 * const remainder = mod97("3214282912345698765432161182"); // 1
 * ```
 */
export function mod97(text: string): number | null {
  if (text.length === 0) return null;
  let remainder = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) remainder = (remainder * 10 + (code - 0x30)) % 97;
    else if (code >= 0x41 && code <= 0x5a) remainder = (remainder * 100 + (code - 0x37)) % 97;
    else return null;
  }
  return remainder;
}
