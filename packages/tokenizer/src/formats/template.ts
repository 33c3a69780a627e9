// Templates: literals, and groups of characters from an alphabet each; a group may be kept. Pure.
import type { Alphabet } from "./alphabet.ts";
import { type Engine, type Format, notOfAlphabet, plainFormat, refused } from "./format.ts";
import { keepText, type NumeralSink } from "./numeral-sink.ts";
import { createShape, type Shape } from "./shape.ts";

/** A run of characters of one alphabet. */
export interface Group {
  readonly alphabet: Alphabet;
  readonly minLength: number;
  readonly maxLength: number;
  /** Kept groups stay as they are and count for nothing. */
  readonly keep: boolean;
}

export interface TemplateOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly parts: readonly (string | Group)[];
  readonly onShort: "refuse" | "vault";
}

/** Shapes that are kept: the lengths of several groups multiply, and callers choose them. */
const keptShapes = 256;

/** One group's characters in a text. */
interface Run {
  readonly group: Group;
  readonly points: readonly string[];
}

/** Index of the first part behind which a text could be taken apart in two ways, or -1. */
export function ambiguousPart(parts: readonly (string | Group)[]): number {
  return parts.findIndex((part, i) => {
    if (typeof part === "string" || part.minLength === part.maxLength || i === parts.length - 1) return false;
    const next = parts[i + 1]!;
    return typeof next !== "string" || part.alphabet.numeralOf(next.codePointAt(0)!) !== undefined;
  });
}

export function createTemplateFormat({ name, engine, parts, onShort }: TemplateOptions): Format {
  const shapes = new Map<string, Shape>();
  const groups = parts.filter((part) => typeof part !== "string");
  const smallest = createShape({ radices: radicesOf(groups.map((group) => [group, group.minLength] as const)) });
  return {
    ...plainFormat,
    name,
    type: "template",
    engine,
    space: smallest.space,
    leaks: "the lengths of groups, and kept groups",
    maxTextLength: 4 * parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.maxLength), 0),
    onShort,
    fits: "groups whose alphabets and lengths together allow a million values",
    normalize: (text) => text.normalize("NFC"),
    read,
    write: (text, _side, numerals, start) => {
      let at = start;
      const write = ({ group, points }: Run): string =>
        group.keep ? points.join("") : points.map(() => group.alphabet.characters[numerals[at++]!]!).join("");
      return takeApart(text)
        .map((part) => (typeof part === "string" ? part : write(part)))
        .join("");
    },
  };

  function read(text: string, _side: "value" | "token", sink: NumeralSink): Shape {
    const runs = takeApart(text).filter((part) => typeof part !== "string");
    for (const { group, points } of runs) {
      if (group.keep) {
        keepText(sink, points.join(""));
        // Unit separator: the lengths of kept groups differ where they are not fixed.
        if (group.minLength !== group.maxLength) keepText(sink, "\x1f");
        continue;
      }
      for (const point of points) sink.numerals[sink.end++] = group.alphabet.numeralOf(point.codePointAt(0)!)!;
    }
    const free = runs.filter(({ group }) => !group.keep);
    const lengths = free.map(({ points }) => points.length).join();
    let shape = shapes.get(lengths);
    if (shape === undefined) {
      shape = createShape({ radices: radicesOf(free.map(({ group, points }) => [group, points.length] as const)) });
      if (shapes.size >= keptShapes) shapes.clear();
      shapes.set(lengths, shape);
    }
    return shape;
  }

  /** Literals and groups of `text`, in order. */
  function takeApart(text: string): (string | Run)[] {
    const points = Array.from(text);
    let at = 0;
    const taken = parts.map((part): string | Run => {
      if (typeof part === "string") {
        const literal = points.slice(at, at + Array.from(part).length).join("");
        if (literal !== part) throw mismatch(at >= points.length);
        at += Array.from(part).length;
        return part;
      }
      const start = at;
      while (at < points.length && at - start < part.maxLength) {
        if (part.alphabet.numeralOf(points[at]!.codePointAt(0)!) === undefined) break;
        at++;
      }
      if (at - start < part.minLength) throw at >= points.length ? mismatch(true) : notOfAlphabet(name);
      return { group: part, points: points.slice(start, at) };
    });
    if (at < points.length) throw refused("VALUE_TOO_LONG", name, "something follows the last part of the template");
    return taken;
  }

  function mismatch(ended: boolean): Error {
    if (ended) return refused("VALUE_TOO_SHORT", name, "ends before the template does");
    return refused("VALUE_STRUCTURE_INVALID", name, "a literal of the template is not in its place");
  }
}

function radicesOf(groups: readonly (readonly [Group, number])[]): number[] {
  return groups.flatMap(([{ alphabet, keep }, length]) => (keep ? [] : new Array<number>(length).fill(alphabet.radix)));
}
