// Properties of which a section has one or another. Pure.
import { type Place, type Properties, wrong } from "./reader.ts";

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
