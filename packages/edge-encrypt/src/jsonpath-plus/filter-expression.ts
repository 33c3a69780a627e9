// The expressions in filters: comparisons and existence of own members, combined with && || ! and parentheses. Compiled to
// closures, which call nothing, reach nothing inherited and throw on no document. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

export type Test = (node: unknown) => boolean;

type Operand = { readonly path: readonly string[] } | { readonly literal: string | number | boolean | null };

const token =
  /\s*(?:(@(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|("[^"\\]*"|'[^'\\]*')|(-?(?:0|[1-9]\d*)(?:\.\d+)?)|(true|false|null)\b|(===|!==|==|!=|<=|>=|<|>|&&|\|\||!|\(|\)))/y;
const comparators = ["===", "!==", "==", "!=", "<=", ">=", "<", ">"];
const maxDepth = 16;

/**
 * Compiles the text of a filter, without `?` and its brackets.
 *
 * @throws {FieldsealError} `SELECTOR_INVALID` with the offset in `text`.
 */
export function compileFilter(text: string): Test {
  let at = 0;
  let next = read();
  const test = either(0);
  if (next !== null) throw invalid();
  return test;

  function either(depth: number): Test {
    const tests = [both(depth)];
    while (take("||")) tests.push(both(depth));
    return tests.length === 1 ? tests[0]! : (node) => tests.some((each) => each(node));
  }

  function both(depth: number): Test {
    const tests = [single(depth)];
    while (take("&&")) tests.push(single(depth));
    return tests.length === 1 ? tests[0]! : (node) => tests.every((each) => each(node));
  }

  function single(depth: number): Test {
    if (depth > maxDepth) throw invalid();
    if (take("!")) {
      const test = single(depth + 1);
      return (node) => !test(node);
    }
    if (take("(")) {
      const test = either(depth + 1);
      if (!take(")")) throw invalid();
      return test;
    }
    const left = operand();
    const comparator = comparators.find(take);
    if (comparator !== undefined) return comparison(left, comparator, operand());
    if (!("path" in left)) throw invalid();
    return (node) => follow(node, left.path) !== undefined;
  }

  function operand(): Operand {
    const found = next;
    if (found === null || found.kind === "sign") throw invalid();
    next = read();
    if (found.kind === "path") return { path: found.text.split(".").slice(1) };
    if (found.kind === "string") return { literal: found.text.slice(1, -1) };
    const literal = JSON.parse(found.text) as number | boolean | null;
    // The next integers are equal to it, once a parser has read them.
    if (Number.isInteger(literal) && !Number.isSafeInteger(literal)) throw invalid();
    return { literal };
  }

  function take(sign: string): boolean {
    if (next?.kind !== "sign" || next.text !== sign) return false;
    next = read();
    return true;
  }

  function read(): { readonly kind: "path" | "string" | "other" | "sign"; readonly text: string } | null {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) {
      if (text.slice(at).trim() !== "") throw invalid();
      at = text.length;
      return null;
    }
    at = token.lastIndex;
    if (found[1] !== undefined) return { kind: "path", text: found[1] };
    if (found[2] !== undefined) return { kind: "string", text: found[2] };
    return found[5] === undefined ? { kind: "other", text: (found[3] ?? found[4])! } : { kind: "sign", text: found[5] };
  }

  function invalid(): FieldsealError {
    return new FieldsealError("SELECTOR_INVALID", "the filter of the selector cannot be read", { offset: at });
  }
}

/** RFC 9535 section 2.3.5.2.2: only numbers with numbers and strings with strings have an order. */
function comparison(left: Operand, comparator: string, right: Operand): Test {
  const order = (test: (a: number | string, b: number | string) => boolean): Test => {
    return (node) => {
      const a = operandValue(left, node);
      const b = operandValue(right, node);
      return (
        ((typeof a === "number" && typeof b === "number") || (typeof a === "string" && typeof b === "string")) &&
        test(a, b)
      );
    };
  };
  const isEqual: Test = (node) => {
    const a = operandValue(left, node);
    return a === operandValue(right, node) && (typeof a !== "object" || a === null);
  };
  if (comparator.startsWith("==")) return isEqual;
  if (comparator.startsWith("!=")) return (node) => !isEqual(node);
  if (comparator === "<") return order((a, b) => a < b);
  if (comparator === "<=") return order((a, b) => a <= b);
  if (comparator === ">") return order((a, b) => a > b);
  return order((a, b) => a >= b);
}

function operandValue(operand: Operand, node: unknown): unknown {
  return "literal" in operand ? operand.literal : follow(node, operand.path);
}

/** The value at a path of own members; undefined where there is none. */
function follow(node: unknown, path: readonly string[]): unknown {
  let value = node;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
