// What is sealed in the formats that are text of other standards: JWEs of known keys, and values between marks. Pure, linear.
import { looseText } from "../../bytes/index.ts";
import { holdsJweOf } from "./find-jwe.ts";

/** Marks around the values of the direct format. */
interface Marks {
  readonly prefix: string;
  readonly suffix: string;
}

const dot = 0x2e;

/** True where a decoded text holds a JWE whose header names one of `kids`, or both marks of a pair. */
export function holdsSealedText(
  text: Uint8Array,
  kids: { has(kid: string): boolean },
  pairs: readonly Marks[],
): boolean {
  if (pairs.length === 0 && !holdsDotsOfJwe(text)) return false;
  const characters = looseText(text);
  return holdsJweOf(kids, characters) || pairs.some((pair) => holdsPair(characters, pair));
}

/** A JWE has four dots; most texts have fewer, and need not be decoded. */
function holdsDotsOfJwe(text: Uint8Array): boolean {
  let dots = 0;
  for (let at = text.indexOf(dot); at >= 0 && dots < 4; at = text.indexOf(dot, at + 1)) dots++;
  return dots === 4;
}

function holdsPair(text: string, { prefix, suffix }: Marks): boolean {
  const at = text.indexOf(prefix);
  return at >= 0 && text.includes(suffix, at + prefix.length);
}
