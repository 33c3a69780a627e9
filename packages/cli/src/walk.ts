// Every value of a body with its path, whatever its media type: the codec walks a matcher that selects nothing and notes
// everything. Pure.
import { isUtf8 } from "node:buffer";
import {
  type Codec,
  everyKind,
  type Limits,
  type MatchState,
  type MediaType,
  scanBody,
  type ValueKind,
} from "@fieldseal/core/body";

/** A member name, or the index of an element. */
export type Step = string | number;

/** One value of a body. */
export interface WalkedValue {
  readonly path: readonly Step[];
  readonly kind: ValueKind;
  readonly start: number;
  readonly end: number;
  /** Where the value's own name or surroundings begin. */
  readonly outerStart: number;
}

/** What the samples and files that people give may hold. */
export const walkLimits: Limits = { maxFields: 1_000_000, maxDepth: 1000, maxOutputBytes: Number.MAX_SAFE_INTEGER };

/**
 * The values of a body, outer ones before inner ones.
 *
 * @throws {FieldsealError} `BODY_NOT_UTF8`, `BODY_MALFORMED`, `BODY_TOO_DEEP`, and codes of the grammar.
 */
export function walkBody(bytes: Uint8Array, codec: Codec, mediaType: MediaType): WalkedValue[] {
  const { matches } = scanBody(codec, { bytes, mediaType, root: noting(null, ""), limits: walkLimits, isUtf8 });
  // Paths are made when they are asked for: all at once they would be as many times as large as the body is deep.
  return matches.map(({ state, kind, start, end, outerStart }) => ({
    get path() {
      return pathOf(state as NotingState);
    },
    kind,
    start,
    end,
    outerStart,
  }));
}

interface NotingState extends MatchState {
  readonly above: NotingState | null;
  readonly step: Step;
}

function pathOf(state: NotingState): Step[] {
  const path: Step[] = [];
  for (let at = state; at.above !== null; at = at.above) path.push(at.step);
  return path.reverse();
}

const decoder = new TextDecoder();

function noting(above: NotingState | null, step: Step): NotingState {
  const state: NotingState = {
    live: true,
    notedKinds: everyKind,
    needsLength: false,
    takesIndex: false,
    countsLengths: false,
    readsText: false,
    selects: [],
    variants: [],
    mismatches: [],
    arrivals: [],
    member: (bytes, start, end) => noting(state, decoder.decode(bytes.subarray(start, end))),
    element: (index) => noting(state, index),
    among: () => state,
    inText: () => state,
    above,
    step,
  };
  return state;
}
