// Values that several sections of a service's configuration have. Pure.
import { type Place, type Properties, readInteger, type StringSyntax, wrong } from "@fieldseal/core/config";

export const filled: StringSyntax = { pattern: /^.{1,2048}$/su, says: "a text that is not empty" };

export const endpointUrl: StringSyntax = { pattern: /^https?:\/\/[!-~]{1,2000}$/, says: "a URL" };

/** The one of `names` that is given. @throws the place's code for none and for several */
export function exactlyOne<Name extends string>(
  place: Place,
  { optional }: Properties,
  names: readonly Name[],
): { readonly name: Name; readonly of: Place } {
  const given = names.flatMap((name) => {
    const of = optional(name);
    return of === undefined ? [] : [{ name, of }];
  });
  if (given.length !== 1) throw wrong(place, `expects exactly one of ${names.join(", ")}`);
  return given[0]!;
}

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
