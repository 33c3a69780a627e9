// Members whose names lenient binders take for those of a selector with filters. Pure, iterative.
import { FieldsealError } from "@fieldseal/core/errors";
import { foldName } from "@fieldseal/core/policy";

// Names of steps and of paths in tests; what a text in quotes adds only refuses more.
const names = /\.([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * A check of documents: a name anywhere in them may not differ from one of the selector's only in case, width or
 * separators, nor be a path of such names (`p[0].n`) or `__proto__`, since neither a step nor a test would see what
 * stands there.
 *
 * @throws {FieldsealError} `FIELD_NAME_VARIANT`, from the check.
 */
export function variantCheck(selector: string): (document: unknown) => void {
  const exact = new Set(Array.from(selector.matchAll(names), ([, name]) => name!));
  const folded = new Set(Array.from(exact, foldName));
  // What looks everywhere looks there as well.
  const looksEverywhere = selector.startsWith("$..");
  const isNear = (name: string): boolean => folded.has(foldName(name));
  const isVariant = (name: string): boolean => {
    if (exact.has(name)) return false;
    const steps = name.split(/[.[\]]+/).filter((step) => !/^[0-9]*$/.test(step));
    return (name === "__proto__" && !looksEverywhere) || isNear(name) || (steps.length > 0 && steps.every(isNear));
  };
  return (document) => {
    const open = [document];
    while (open.length > 0) {
      const value = open.pop();
      if (Array.isArray(value)) {
        for (const element of value) if (isContainer(element)) open.push(element);
      } else if (isContainer(value)) {
        for (const name of Object.keys(value)) {
          if (isVariant(name)) {
            throw new FieldsealError("FIELD_NAME_VARIANT", "a name is a variant of a selector's", { selector });
          }
          if (isContainer(value[name])) open.push(value[name]);
        }
      }
    }
  };
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
