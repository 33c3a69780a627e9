// E-mail addresses (RFC 5321 dot-strings, ASCII): letters and digits of the local part, and of the domain where asked
// for; dots, signs and the top-level domain stay, so that a token is an address again. Pure.
import { isEmail } from "@fieldseal/core/identifiers";
import { createAlphabet, namedAlphabets } from "./alphabet.ts";
import { type Engine, type Format, plainFormat, refused } from "./format.ts";
import { keepText, type NumeralSink } from "./numeral-sink.ts";
import { type Shape, shapeByLength, uniformShape } from "./shape.ts";

export interface EmailOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly domain: "keep" | "tokenize";
  /** `fold` takes addresses in lower case; `keep` tells case apart, and its tokens mix it. */
  readonly letterCase: "fold" | "keep";
  readonly onShort: "refuse" | "vault";
}

const maxLength = 254;

export function createEmailFormat({ name, engine, domain, letterCase, onShort }: EmailOptions): Format {
  const alphabet = createAlphabet(namedAlphabets[letterCase === "fold" ? "alphanumeric-lower" : "alphanumeric"]!);
  const shapeOf = shapeByLength((free) => uniformShape(alphabet.radix, free));
  const part = domain === "keep" ? "the local part" : "the address before its top-level domain";
  return {
    ...plainFormat,
    name,
    type: "email",
    engine,
    space: shapeOf(engine === "vault" ? 1 : 4).space,
    leaks: `lengths, the places of signs, and the ${domain === "keep" ? "domain" : "top-level domain"}`,
    maxTextLength: maxLength,
    onShort,
    fits: `at least 4 letters and digits in ${part}`,
    normalize: (text) => {
      if (text.length > maxLength) throw refused("VALUE_TOO_LONG", name, `takes at most ${maxLength} characters`);
      if (!isEmail(text)) throw refused("VALUE_STRUCTURE_INVALID", name, "not an e-mail address");
      return letterCase === "fold" ? text.toLowerCase() : text;
    },
    read,
    write: (text, _side, numerals, start) => {
      const end = freeEnd(text);
      let written = "";
      let at = start;
      for (let i = 0; i < end; i++) {
        const free = alphabet.numeralOf(text.charCodeAt(i)) !== undefined;
        written += free ? alphabet.characters[numerals[at++]!]! : text[i]!;
      }
      return written + text.slice(end);
    },
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const from = sink.end;
    const end = freeEnd(text);
    let frame = "";
    for (let i = 0; i < end; i++) {
      const numeral = alphabet.numeralOf(text.charCodeAt(i));
      if (numeral !== undefined) sink.numerals[sink.end++] = numeral;
      frame += numeral === undefined ? text[i]! : "0";
    }
    if (sink.end === from) throw refused("VALUE_TOO_SHORT", name, `takes letters or digits in ${part}`);
    keepText(sink, frame + text.slice(end));
    return shapeOf(sink.end - from);
  }

  function freeEnd(text: string): number {
    return domain === "keep" ? text.indexOf("@") : text.lastIndexOf(".");
  }
}
