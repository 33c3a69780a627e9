// Formats as a vault sees them: a canonical spelling without separators, and random tokens of the same shape.
import type { VaultFormat } from "../vault-format.ts";
import type { Format } from "./format.ts";
import { createSink, reserve } from "./numeral-sink.ts";

/**
 * `format` for a vault, whose values and tokens are spelled without separators: these are the caller's own, and two
 * spellings of one value share a token.
 */
export function vaultFormat(format: Format): VaultFormat {
  const normalize = (value: string): string => {
    const normal = format.normalize(value, "value");
    // As it is spelled: between the wrong separators a number is none here either.
    shapeOf(normal);
    return bare(format, normal);
  };
  return {
    name: format.name,
    normalize,
    draw: (value, below) => {
      const normal = normalize(value);
      if (format.draw !== null) return format.draw(normal, below);
      const { radices, holds } = shapeOf(normal);
      const numerals = new Uint16Array(radices.length);
      do {
        for (const [i, radix] of radices.entries()) numerals[i] = below(radix);
      } while (holds !== null && !holds(numerals, 0));
      return format.write(normal, "token", numerals, 0);
    },
  };

  function shapeOf(normal: string): ReturnType<Format["read"]> {
    const sink = createSink(normal.length, 0);
    reserve(sink, normal.length, 0);
    return format.read(normal, "value", sink);
  }
}

/** `text` without the separators of its format; a phone number keeps its plus. */
export function bare({ separators, type }: Format, text: string): string {
  if (separators === "") return text;
  let kept = "";
  for (const character of text) {
    if (!separators.includes(character) || (type === "phone" && character === "+")) kept += character;
  }
  return kept;
}

/** The characters of `text`, which is bare, between the separators of `frame`. */
export function dressed(format: Format, frame: string, text: string): string {
  if (format.separators === "") return text;
  const characters = Array.from(bare(format, text)).filter((character) => character !== "+");
  let at = 0;
  return Array.from(frame, (character) =>
    format.separators.includes(character) ? character : (characters[at++] ?? ""),
  ).join("");
}
