// Selectors with filters, through jsonpath-plus: its walk, our expressions, and targets by identity, never by path text.
import { FieldsealError } from "@fieldseal/core/errors";
import type { FilterEngine } from "@fieldseal/core/policy";
import { JSONPath } from "jsonpath-plus";
import { compileFilter, type Test } from "./filter-expression.ts";
import { variantCheck } from "./name-variants.ts";

// What jsonpath-plus reads as RFC 9535 does: shorthand names, plain indexes, wildcards, and filters in parentheses.
const step = /(\.\.)?(?:\[(\d{1,9}|\*)\]|(\[\?\()|(?<=\.\.)([A-Za-z_][A-Za-z0-9_]*|\*)|\.([A-Za-z_][A-Za-z0-9_]*|\*))/y;
const maxLength = 1024;

/**
 * Filters in selectors, such as `$.payments[?(@.type == "card")].number`: give it to `parsePolicy`.
 * Bodies that such a route receives are parsed, in addition to being scanned; a name that occurs twice in one object
 * is refused, since a parser sees only one of them.
 *
 * @example
 * ```ts
 * import { parsePolicy } from "@fieldseal/edge-encrypt";
 * import { jsonpathPlus } from "@fieldseal/edge-encrypt/jsonpath-plus";
 * declare const document: unknown;
 * const policy = parsePolicy(document, { filters: jsonpathPlus });
 * ```
 */
export const jsonpathPlus: FilterEngine = {
  compile(selector) {
    const tests = testsOf(selector);
    const refuseVariants = variantCheck(selector);
    // jsonpath-plus builds one of these for each filter it meets, with `@` rewritten, and asks it for each node.
    class Expression {
      readonly #test: Test;
      constructor(code: string) {
        const test = tests.get(code.replaceAll("_$_v", "@").trim());
        if (test === undefined) throw new FieldsealError("INTERNAL_ERROR", "a filter was not read as it was checked");
        this.#test = test;
      }
      runInNewContext(context: { readonly _$_v: unknown }): boolean {
        return this.#test(context._$_v);
      }
    }
    return (document, takesVariants) => {
      // jsonpath-plus gives no list for some values that hold nothing.
      if (typeof document !== "object" || document === null) return [];
      if (!takesVariants) refuseVariants(document);
      const found: unknown = JSONPath({
        path: selector,
        json: document,
        resultType: "all",
        eval: Expression as never,
        wrap: true,
        ignoreEvalErrors: false,
      });
      return (found as { parent: unknown; parentProperty: unknown }[])
        .map(({ parent, parentProperty }) => ({ parent, name: String(parentProperty) }))
        .filter(({ parent, name }) => isPlace(parent, name));
    };
  },
};

/** False for what jsonpath-plus finds in JavaScript alone: characters of texts, and lengths. */
function isPlace(parent: unknown, name: string): boolean {
  return typeof parent === "object" && Object.prototype.propertyIsEnumerable.call(parent, name);
}

/** The test of each filter in a selector, by its text. */
function testsOf(selector: string): Map<string, Test> {
  const tests = new Map<string, Test>();
  const tokens = ["$"];
  let at = 1;
  if (selector[0] !== "$" || selector.length > maxLength) throw invalid(0);
  while (at < selector.length) {
    step.lastIndex = at;
    const found = step.exec(selector);
    if (found === null) throw invalid(at);
    const [, descendant, position, filter, below, name] = found;
    if (descendant !== undefined) {
      // jsonpath-plus walks everything below each value that the first one found: once more for each level.
      if (tokens.includes("..")) throw invalid(at);
      tokens.push("..");
    }
    at = step.lastIndex;
    if (filter === undefined) {
      tokens.push((position ?? below ?? name)!);
      continue;
    }
    const end = closingParenthesis(selector, at);
    if (selector[end + 1] !== "]") throw invalid(end);
    const text = selector.slice(at, end);
    tests.set(text.trim(), compileFilter(text));
    tokens.push(`?(${text})`);
    at = end + 2;
  }
  // Texts in quotes may hold what jsonpath-plus takes for the end of a filter, or for its own names.
  const read = (JSONPath as unknown as { toPathArray(path: string): string[] }).toPathArray(selector);
  if (read.join("\n") !== tokens.join("\n") || selector.includes("_$_")) throw invalid(0);
  return tests;
}

/** Offset of the parenthesis that closes the one before `from`; strings may hold others. */
function closingParenthesis(text: string, from: number): number {
  let open = 1;
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "(") open++;
    else if (char === ")" && --open === 0) return at;
  }
  throw invalid(text.length);
}

function invalid(offset: number): FieldsealError {
  const message = "selectors with filters take names, indexes, wildcards and [?( )] only, and one `..`";
  return new FieldsealError("SELECTOR_INVALID", message, { offset });
}
