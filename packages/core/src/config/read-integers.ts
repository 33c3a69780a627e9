// Limits of a section, each of which may be left out. Pure.
import { type Properties, readInteger } from "./reader.ts";

/** The integers that are given, each from 1 to its range's end. */
export function readIntegers<Name extends string>(
  optional: Properties["optional"],
  ranges: Readonly<Record<Name, number>>,
): { readonly [N in Name]?: number } {
  const given = (Object.entries(ranges) as [Name, number][]).flatMap(([name, max]) => {
    const place = optional(name);
    return place === undefined ? [] : [[name, readInteger(place, 1, max)]];
  });
  return Object.fromEntries(given) as { readonly [N in Name]?: number };
}
