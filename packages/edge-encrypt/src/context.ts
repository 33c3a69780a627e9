// The context of a request: what its envelopes are bound to. Pure.
import { type Codec, type Match, type Scan, ValueKind } from "@fieldseal/core/body";
import { type Context, encodeContext } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Action, ContextSource, EncryptAction, Route } from "@fieldseal/core/policy";
import type { SelectedField } from "./select-fields.ts";

/** What context sources can draw from besides the body. */
export interface RequestFacts {
  /** Values of a header, by its lower-case name. */
  readonly header: (name: string) => readonly string[];
  /** Named path segments, as spelled. */
  readonly pathParams: ReadonlyMap<string, string>;
  /** Values that the caller gives; they stand for sources of the same key. */
  readonly given: Context;
}

/** Keys of context; null: all that there are. */
export type ContextKeys = ReadonlySet<string> | null;

/** The keys that the envelopes of some rules are bound to. */
export function boundKeys(actions: Iterable<Action>): ContextKeys {
  const keys = new Set<string>();
  for (const action of actions) {
    if (action.kind !== "encrypt") continue;
    if (action.context === null) return null;
    for (const key of action.context) keys.add(key);
  }
  return keys;
}

/** What of a context has one of `keys`. */
export function partOf(context: Context, keys: ContextKeys): Context {
  return keys === null ? context : Object.fromEntries(Object.entries(context).filter(([key]) => keys.has(key)));
}

/** Canonical bytes of what each rule binds its values to; made once for each. */
export function createBinding(context: Context, whole: Uint8Array): (action: EncryptAction) => Uint8Array {
  const known = new Map<EncryptAction, Uint8Array>();
  return (action) => {
    if (action.context === null) return whole;
    const bytes = known.get(action) ?? encodeContext(partOf(context, new Set(action.context)));
    known.set(action, bytes);
    return bytes;
  };
}

/** A body, and what was found in it. */
interface SearchedBody {
  readonly bytes: Uint8Array;
  /** What the context's selectors lead to; a scan of its own, so that they change nothing of what rules take. */
  readonly scanForContext: () => Scan;
  readonly codec: Codec;
  readonly fields: readonly SelectedField[];
}

/**
 * Resolves `keys` of a route's context, beside whatever the caller gives.
 *
 * @throws {FieldsealError} `CONTEXT_MISSING` for a value that is absent, empty, repeated, sealed or not printable;
 * `CONTEXT_INVALID` where the caller gives another value than the policy's constant.
 */
export function resolveContext(
  route: Route,
  facts: RequestFacts,
  { keys, body }: { readonly keys: ContextKeys; readonly body: SearchedBody },
): Context {
  // Without a prototype: `constructor` and `__proto__` are keys like any other.
  const context: Record<string, string> = Object.assign(Object.create(null), facts.given);
  let selected = 0;
  let matches: readonly Match[] | null = null;
  const scalarsOf = (index: number): string[] => {
    matches ??= body.scanForContext().matches;
    return scalars(index, matches, body);
  };
  for (const source of route.context) {
    const index = source.from === "select" ? selected++ : -1;
    const given = Object.hasOwn(facts.given, source.key) ? facts.given[source.key] : undefined;
    if (source.from === "constant" && given !== undefined && given !== source.value) {
      throw new FieldsealError("CONTEXT_INVALID", `the policy sets another value for the context key "${source.key}"`);
    }
    if (keys !== null && !keys.has(source.key)) continue;
    const values =
      given !== undefined ? [given] : source.from === "select" ? scalarsOf(index) : valuesOf(source, facts);
    const [value] = values;
    if (value === undefined || values.length > 1 || value === "" || /\p{C}/u.test(value)) {
      throw new FieldsealError(
        "CONTEXT_MISSING",
        `the value of the context key "${source.key}" is absent, empty, repeated or not printable`,
      );
    }
    context[source.key] = value;
  }
  return context;
}

function valuesOf(source: Exclude<ContextSource, { from: "select" }>, facts: RequestFacts): readonly string[] {
  if (source.from === "constant") return [source.value];
  if (source.from === "header") return facts.header(source.header);
  const spelled = facts.pathParams.get(source.name);
  try {
    return spelled === undefined ? [] : [decodeURIComponent(spelled)];
  } catch {
    return [];
  }
}

/** The unsealed scalars that selector `index` selects, decoded; two where there are more. */
function scalars(index: number, matches: readonly Match[], { bytes, codec, fields }: SearchedBody): string[] {
  const values: string[] = [];
  for (const { state, kind, start, end } of matches) {
    if (!state.selects.includes(index)) continue;
    const sealed = fields.some(({ match }) => match.start <= start && end <= match.end);
    const isScalar = (kind & (ValueKind.string | ValueKind.scalar | ValueKind.text)) !== 0;
    const value = sealed || !isScalar ? null : codec.decodeValue(bytes.subarray(start, end));
    if (values.push(value ?? "") > 1) break;
  }
  return values;
}
