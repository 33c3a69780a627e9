// What a caller in JavaScript may name: no type says there that `acces` is no option, nor `tenat` a tenant. Pure.
import { type ErrorCode, FieldsealError } from "../errors/index.ts";
import { nearestName } from "./nearest-name.ts";

/** What has the names, and the code of those that it has not. */
export interface Named {
  readonly what: string;
  readonly names: Readonly<Record<string, true>>;
  readonly code: ErrorCode;
}

/** @throws {FieldsealError} `code`, for a member of `given` that there is not, and for what is no object. */
export function refuseUnknownNames(given: object, { what, names, code }: Named): void {
  if (typeof given !== "object" || given === null) throw new FieldsealError(code, `${what} must be an object`);
  for (const name in given) {
    if (names[name] !== true) throw unknownName(name, { what, names, code });
  }
}

function unknownName(name: string, { what, names, code }: Named): FieldsealError {
  const known = Object.keys(names);
  const meant = nearestName(name, known);
  // What is near to no name may be anything, and is not repeated.
  const hint = meant === null ? `there are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return new FieldsealError(code, `${what} has a member that there is not`, { hint });
}
