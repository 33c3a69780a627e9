// What rules with filters select: an engine looks at the parsed body, and a second scan finds where its targets stand.
import {
  type Codec,
  everyKind,
  type Match,
  type MatchState,
  nothingBelow,
  type Scan,
  type ScanInput,
} from "@fieldseal/core/body";
import { looseText } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Route } from "@fieldseal/core/policy";

/**
 * `scan` with the values added that rules with filters select, in the order of the body.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_MISMATCH` for a body that is not JSON; `FILTER_FAILED` where the engine throws or
 * selects what has no place in the body; `FIELD_NAME_VARIANT`; `MEMBER_REPEATED` where an object has a name twice.
 */
export function withFilterMatches(scan: Scan, input: ScanInput, codec: Codec, route: Route): Scan {
  if (route.fields.every((rule) => rule.query.filter === undefined)) return scan;
  if (codec.name !== "json") {
    throw new FieldsealError("MEDIA_TYPE_MISMATCH", "rules with filters are for JSON bodies");
  }
  const document: unknown = JSON.parse(looseText(input.bytes));
  const targets = targetsOf(document, route);
  const root = nodeState(document, nobody, { targets, body: input.bytes });
  const placed = codec.scan({ ...input, root }).matches;
  const expected = Array.from(targets.values(), (names) => names.size).reduce((sum, size) => sum + size, 0);
  if (placed.length !== expected) throw failed();
  return { ...scan, matches: merge(scan.matches, placed) };
}

/** Parent object -> name -> rules that select that member or element. Identity, never path text. */
type Targets = Map<unknown, Map<string, number[]>>;

// A name may begin with a byte order mark.
const nameDecoder = new TextDecoder(undefined, { ignoreBOM: true });
const nobody: readonly number[] = [];

function targetsOf(document: unknown, route: Route): Targets {
  const targets: Targets = new Map();
  for (const [index, { query }] of route.fields.entries()) {
    if (query.filter === undefined) continue;
    for (const { parent, name } of evaluate(query.filter, document, route)) {
      const names = targets.get(parent) ?? new Map<string, number[]>();
      targets.set(parent, names);
      const rules = names.get(name) ?? [];
      names.set(name, rules);
      if (!rules.includes(index)) rules.push(index);
    }
  }
  return targets;
}

function evaluate(
  filter: NonNullable<Route["fields"][number]["query"]["filter"]>,
  document: unknown,
  { onNameVariant }: Route,
): ReturnType<typeof filter> {
  try {
    return filter(document, onNameVariant === "ignore");
  } catch (cause) {
    throw cause instanceof FieldsealError ? cause : failed(cause);
  }
}

function failed(cause?: unknown): FieldsealError {
  return new FieldsealError("FILTER_FAILED", "a filter cannot be applied to the body", { cause });
}

/** Where rules with filters lead in a body. */
interface Filtered {
  readonly targets: Targets;
  readonly body: Uint8Array;
}

/** A state that knows the parsed value it stands at. */
function nodeState(value: unknown, selects: readonly number[], filtered: Filtered): MatchState {
  const names = filtered.targets.get(value);
  const seen = new Set<string>();
  const below = (name: string): MatchState => {
    // A name with half of a pair of surrogates is not what its bytes decode to.
    if (!Object.hasOwn(value as object, name)) throw failed();
    return nodeState((value as Record<string, unknown>)[name], names?.get(name) ?? nobody, filtered);
  };
  return {
    ...nothingBelow,
    live: true,
    notedKinds: selects.length > 0 ? everyKind : 0,
    selects,
    member: (bytes, start, end) => {
      const name = nameDecoder.decode(bytes.subarray(start, end));
      if (seen.has(name)) {
        // A name with escapes is decoded elsewhere.
        const at = bytes === filtered.body ? { offset: start } : {};
        throw new FieldsealError("MEMBER_REPEATED", "an object has a name twice, which a filter cannot see", at);
      }
      seen.add(name);
      return below(name);
    },
    element: (index) => below(String(index)),
  };
}

/** Both lists in the order of the body; what both hold, once. */
function merge(matches: readonly Match[], placed: readonly Match[]): Match[] {
  const byStart = new Map(placed.map((match) => [match.start, match]));
  const both = matches.map((match) => {
    const added = byStart.get(match.start);
    // What a string holds is noted behind it, at the same place.
    if (!byStart.delete(match.start)) return match;
    const { variants, mismatches, arrivals, selects } = match.state;
    const state = { ...nothingBelow, variants, mismatches, arrivals, selects: [...selects, ...added!.state.selects] };
    return { ...match, state };
  });
  return [...both, ...byStart.values()].sort((a, b) => a.start - b.start);
}
